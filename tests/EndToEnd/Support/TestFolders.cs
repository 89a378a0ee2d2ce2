using System.Diagnostics;

namespace FlDurable.EndToEnd.Support;

/// <summary>Folders for one test: a state folder and a cache of data sets.</summary>
internal sealed class TestFolders : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-end-to-end-");

    public string State => this["state"];

    public string Cache => this["cache"];

    public string this[string name] => Path.Combine(folder.FullName, name);

    /// <summary>Where an artifact is.</summary>
    public string Artifact(string name) => Path.Combine(State, "artifacts", name);

    /// <summary>How many rounds a federation has recorded, the initial state among them.</summary>
    public int RecordedRounds(string id)
    {
        var rounds = new DirectoryInfo(Artifact($"federations/{id}/rounds"));
        return rounds.Exists ? rounds.EnumerateFiles("record.json", SearchOption.AllDirectories).Count() : 0;
    }

    /// <summary>Starts <c>fldurable</c> on these folders.</summary>
    public FlDurableProcess Start(params string[] arguments) => FlDurableProcess.Start(this, arguments);

    /// <inheritdoc cref="FlDurableProcess.StartInShell"/>
    public FlDurableProcess StartInShell(string preparation, params string[] arguments) =>
        FlDurableProcess.StartInShell(this, preparation, arguments);

    /// <summary>Runs one to its end.</summary>
    public async Task<ProcessEnd> RunAsync(params string[] arguments)
    {
        await using var process = Start(arguments);
        return await process.EndAsync();
    }

    /// <inheritdoc cref="FlDurableProcess.StartInShell"/>
    public async Task<ProcessEnd> RunInShellAsync(string preparation, params string[] arguments)
    {
        await using var process = StartInShell(preparation, arguments);
        return await process.EndAsync();
    }

    /// <summary>Runs commands of a POSIX shell in the folder that holds these.</summary>
    public async Task<ProcessEnd> RunShellAsync(string commands)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", commands])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (new ProcessLines(process.StandardOutput), new ProcessLines(process.StandardError));
        await process.WaitForExitAsync();
        return new ProcessEnd(process.ExitCode, await output.AllAsync(), await error.AllAsync());
    }

    public void Dispose() => folder.Delete(recursive: true);
}
