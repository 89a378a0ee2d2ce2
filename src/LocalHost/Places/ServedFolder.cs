using System.Text.Json;
using FlDurable.EmbeddedEngine;
using FlDurable.Shared.Json;

namespace FlDurable.LocalHost.Places;

/// <summary>
/// The server that has a state folder, as it stands in a file there: other commands go through it meanwhile. A server that was killed leaves the
/// file behind, and no lock.
/// </summary>
/// <param name="Process">The server's process.</param>
/// <param name="Since">Since when it listens.</param>
/// <param name="Urls">Where.</param>
/// <param name="KeyFile">The file with the key that callers need; null where they need none.</param>
internal sealed record ServedFolder(int Process, DateTimeOffset Since, IReadOnlyList<string> Urls, string? KeyFile)
{
    /// <summary>Leaves word of this process's server.</summary>
    /// <returns>Takes it back when it is disposed of.</returns>
    public static IDisposable Tell(StateFolder state, IEnumerable<string> urls, string? keyFile, TimeProvider time)
    {
        try
        {
            state.Files.TryWrite(PathIn(state), ContractJson.SerializeToUtf8(new ServedFolder(Environment.ProcessId, time.GetUtcNow(), [.. urls], keyFile)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // On a full disk others are told that the folder is in use, and not how to ask.
        }

        return new Word(PathIn(state));
    }

    /// <summary>The server that has the folder now; null if none has.</summary>
    public static ServedFolder? Find(StateFolder state)
    {
        if (state.Hub is not null || !InstanceReader.IsAtWork(state.Path))
            return null;
        try
        {
            var told = ContractJson.Deserialize<ServedFolder>(File.ReadAllBytes(PathIn(state)));
            return InstanceReader.FindOwner(state.Path)?.StartsWith($"process {told.Process},", StringComparison.Ordinal) == true ? told : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string PathIn(StateFolder state) => Path.Combine(state.Path, "serve.json");

    private sealed class Word(string path) : IDisposable
    {
        private bool isTaken;

        public void Dispose()
        {
            if (isTaken)
                return; // what is there now is another's
            isTaken = true;
            try
            {
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The lock tells.
            }
        }
    }
}
