using System.Security.Cryptography;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost;

/// <summary>
/// What a process does once and most commands wait for, on a core that has nothing to do yet: loading libraries, reflecting on a spec. What
/// fails here fails again where it is needed, and is reported there.
/// </summary>
internal static class Preparation
{
    // Flushing a file holds its thread up, and a disk brings many files there in little more time than one: so many threads wait for it together.
    private const int LeastThreads = 16;

    /// <summary>Begins, and does not wait.</summary>
    public static void Begin()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, LeastThreads), completions);
        if (Environment.ProcessorCount == 1)
            return;
        _ = Task.Run(() => ContractJson.Deserialize<FederationSpec>(ContractJson.Serialize(new FederationSpec())));
        _ = Task.Run(LoadLibraries);
    }

    private static void LoadLibraries()
    {
        SHA256.HashData([]); // libcrypto
        using var database = new SqliteConnection("Data Source=:memory:"); // e_sqlite3
        database.Open();
    }
}
