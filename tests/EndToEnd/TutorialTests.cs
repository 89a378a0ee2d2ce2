using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>docs/tutorial.md.</summary>
public sealed class TutorialTests : IDisposable
{
    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Every_command_of_the_tutorial_writes_what_it_says()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the script needs bash and GNU sed");
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "FlDurable.sln")))
            root = root.Parent!;

        var end = await folders.RunShellAsync($"bash '{Path.Combine(root.FullName, ".ci", "tutorial")}' '{Path.Combine(AppContext.BaseDirectory, "fldurable.dll")}'");

        Assert.True(end.ExitCode == 0, end.Output + end.Error);
    }
}
