using System.Reflection;
using System.Text.RegularExpressions;

namespace FlDurable.Architecture.Tests;

/// <summary>docs/architecture.md names what there is.</summary>
public sealed partial class ArchitecturePageTests
{
    private static readonly string Repository =
        typeof(ArchitecturePageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Repository").Value!;

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository, "docs", "architecture.md"));

    [Fact]
    public void Every_file_that_it_names_is_there()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.cs", SearchOption.AllDirectories).Select(path => path.Replace('\\', '/')).ToList();
        var named = Named().Matches(Page).Select(match => match.Groups["name"].Value).Where(name => name.EndsWith(".cs", StringComparison.Ordinal)).Distinct().ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(sources, path => path.EndsWith($"/{name}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Shared")]
    [InlineData("LocalHost")]
    [InlineData("EmbeddedEngine")]
    public void Every_folder_of_the_large_projects_is_named(string project)
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository, "src", project)).Select(path => Path.GetFileName(path)).ToList();
        var named = Named().Matches(Page).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

        Assert.NotEmpty(folders);
        Assert.All(folders.Except(["bin", "obj"]), folder => Assert.Contains(folder, named));
    }

    [GeneratedRegex("`(?<name>[^`\\s]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
