using System.CommandLine;
using FlDurable.Bench.Goals;
using FlDurable.Shared.Json;

namespace FlDurable.Bench.Workers;

/// <summary><c>workers</c>: what it costs that others do clients' work, each figure beside what it is to be; on a machine without other work.</summary>
internal static class WorkersBench
{
    public static Command Command()
    {
        var storage = new Option<string?>("--storage")
        {
            Description = "The connection string of a storage account for tests, whose queue 'training' nobody else uses: UseDevelopmentStorage=true is Azurite on this machine",
        };
        var idle = new Option<int>("--idle") { Description = "Workers that wait for work at once; 0 to leave that out", DefaultValueFactory = _ => 500 };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table" };
        var command = new Command("workers", "What it costs that others do clients' work; takes some minutes") { storage, idle, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            List<Goal> goals =
            [
                .. await HttpRounds.MeasureAsync(cancellationToken),
                await OfQueuesAsync(parsed.GetValue(storage), cancellationToken),
                await UploadsAtOnce.MeasureAsync(cancellationToken),
                .. await OfIdleAsync(parsed.GetValue(idle), cancellationToken),
            ];
            Console.WriteLine(parsed.GetValue(json) ? ContractJson.Serialize(goals) : Goal.ToTable(goals));
        });
        return command;
    }

    private static async Task<Goal> OfQueuesAsync(string? storage, CancellationToken cancellationToken)
    {
        if (storage is null)
            return QueueRounds.Of(milliseconds: null);
        using var rounds = new QueueRounds(storage);
        return await rounds.MeasureAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<Goal>> OfIdleAsync(int count, CancellationToken cancellationToken)
    {
        if (count == 0)
            return [];
        using var pool = new IdleWorkers(count);
        var ofPool = await pool.MeasurePoolAsync(cancellationToken);
        using var sites = new IdleWorkers(count);
        return [ofPool, await sites.MeasureSitesAsync(cancellationToken)];
    }
}
