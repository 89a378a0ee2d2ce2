namespace FlDurable.Infra.Tests.Support;

/// <summary>A copy of infra/, to be changed.</summary>
internal sealed class Templates : IDisposable
{
    // Inside the repository, so that the copy's project finds the same Directory.*.props.
    private readonly string root = Path.Combine(Repository.Root, "artifacts", "infra-tests", Guid.NewGuid().ToString("N"));

    public Templates()
    {
        var infra = Path.Combine(Repository.Root, "infra");
        foreach (var file in Directory.EnumerateFiles(infra, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(infra, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        foreach (var options in Options.Invented)
            File.WriteAllText(Path.Combine(Folder, options.File), options.Content);
    }

    /// <summary>The copy of infra/.</summary>
    public string Folder => Path.Combine(root, "infra");

    /// <summary>Where builds of the copy may write.</summary>
    public string Artifacts => Path.Combine(root, "artifacts");

    public void Apply(Edit edit)
    {
        var path = Path.Combine(Folder, edit.File);
        var content = File.ReadAllText(path);
        Assert.Equal(2, content.Split(edit.Before).Length); // in one place
        File.WriteAllText(path, content.Replace(edit.Before, edit.After, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(root, recursive: true);
}
