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

    public void Dispose() => folder.Delete(recursive: true);
}
