using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;

namespace FlDurable.Packages.Tests;

/// <summary>
/// All packages, made once, in a version of this run alone, and what one has who knows nothing of the repository: the packages, and those of
/// others that building it has brought to this machine. Nothing is downloaded.
/// </summary>
public sealed class PackedBuild : IAsyncLifetime
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-packages-").FullName;

    public PackedBuild() => Dotnet = new Dotnet(Path.Combine(root, "home"));

    /// <summary>The version: none that any other build has, so that no cache has it.</summary>
    public string Version { get; } = $"0.1.0-test.{Guid.NewGuid():N}";

    /// <summary>A folder below which packages are found.</summary>
    public string Root => root;

    internal Dotnet Dotnet { get; }

    internal static string Repository => Path.GetFullPath(Metadata("Repository"));

    private string Feed => Path.Combine(root, "artifacts", "package", "release");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Feed);
        await File.WriteAllTextAsync(Path.Combine(root, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="here" value="{Metadata("PackagesFolder")}" /></fallbackPackageFolders>
            </configuration>
            """);
        await PackAsync("pack", Path.Combine(Repository, "FlDurable.Packages.slnf"));
        await Dotnet.RunAsync(root, "new", "install", PathOf("FlDurable.Templates"), "--debug:custom-hive", Hive);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Builds something of the repository as for packages, and not where the repository's own builds are.</summary>
    internal Task<string> PackAsync(params string[] arguments) => Dotnet.RunAsync(Repository, OfPacking(arguments));

    internal string[] OfPacking(params string[] arguments) =>
    [
        .. arguments, "-c", "Release", "-m:2", "-v", "q", "-p:Packing=true", $"-p:Version={Version}", $"-p:ArtifactsPath={Path.Combine(root, "artifacts")}",
        $"-p:RestoreConfigFile={Path.Combine(root, "nuget.config")}",
    ];

    /// <summary>Makes a program of the template.</summary>
    internal async Task<string> CreateAsync(string name, string below)
    {
        var folder = Path.Combine(root, below, name);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await Dotnet.RunAsync(root, "new", "fldurable", "-n", name, "-o", folder, "--debug:custom-hive", Hive);
        return folder;
    }

    internal string PathOf(string package) => Path.Combine(Feed, $"{package}.{Version}.nupkg");

    internal IReadOnlyList<string> PackageNames() =>
        [.. Directory.GetFiles(Feed, "*.nupkg").Select(file => Path.GetFileName(file).Replace($".{Version}.nupkg", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    internal IReadOnlyList<string> FilesOf(string package)
    {
        using var zip = ZipFile.OpenRead(PathOf(package));
        return [.. zip.Entries.Select(entry => entry.FullName)];
    }

    internal byte[] Read(string package, string file)
    {
        using var zip = ZipFile.OpenRead(PathOf(package));
        using var stream = zip.GetEntry(file)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>What a package asks for: names with versions, its own build's as <c>[own]</c>.</summary>
    internal IReadOnlyList<string> DependenciesOf(string package)
    {
        using var content = new MemoryStream(Read(package, $"{package}.nuspec"));
        return
        [
            .. XDocument.Load(content).Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .Select(element => $"{element.Attribute("id")!.Value} {element.Attribute("version")!.Value.Replace($"[{Version}]", "[own]", StringComparison.Ordinal)}"),
        ];
    }

    private string Hive => Path.Combine(root, "hive");

    private static string Metadata(string key) =>
        typeof(PackedBuild).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;
}
