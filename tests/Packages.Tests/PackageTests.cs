using System.IO.Compression;
using System.Security.Cryptography;

namespace FlDurable.Packages.Tests;

/// <summary>The packages, and programs made of the template, from the packages as they are packed.</summary>
public sealed class PackageTests(PackedBuild packed) : IClassFixture<PackedBuild>
{
    private static readonly string[] FilesOfTheTemplate =
    [
        ".gitignore", "Bars.cs", "Cautious.cs", "Directory.Build.props", "Directory.Packages.props", "OwnNetworks.cs", "Program.cs", "README.md", "global.json",
    ];

    /// <summary>What each package asks for: what its project references, and nothing that is pinned for the repository's own build.</summary>
    public static TheoryData<string, string[]> Dependencies => new()
    {
        { "FlDurable.Api", ["FlDurable.Orchestrator [own]", "Microsoft.AspNetCore.OpenApi 10.0.15"] },
        { "FlDurable.ClientActivities", ["FlDurable.Shared [own]", "System.Numerics.Tensors 10.0.15"] },
        {
            "FlDurable.DurableTask",
            [
                "FlDurable.Orchestrator [own]", "Microsoft.Azure.DurableTask.AzureStorage 2.11.2", "Microsoft.Azure.DurableTask.Core 3.11.2", "Microsoft.Data.SqlClient 6.1.8",
                "Microsoft.DurableTask.Client 1.28.0", "Microsoft.DurableTask.SqlServer 1.8.1", "Microsoft.DurableTask.Worker 1.28.0", "System.Drawing.Common 5.0.2",
                "System.Linq.Async 7.0.0",
            ]
        },
        { "FlDurable.EmbeddedEngine", ["FlDurable.Orchestrator [own]", "Microsoft.Data.Sqlite 10.0.15"] },
        { "FlDurable.LanesEngine", ["FlDurable.ClientActivities [own]"] },
        {
            "FlDurable.LocalHost",
            [
                "FlDurable.Api [own]", "FlDurable.ClientActivities [own]", "FlDurable.DurableTask [own]", "FlDurable.EmbeddedEngine [own]", "FlDurable.LanesEngine [own]",
                "FlDurable.Orchestrator [own]", "FlDurable.Worker [own]", "Google.Protobuf 3.36.2", "Microsoft.Data.Sqlite 10.0.15", "OpenTelemetry.Exporter.OpenTelemetryProtocol 1.20.1", "OpenTelemetry.Exporter.Prometheus.AspNetCore 1.20.1-beta.1", "OpenTelemetry.Extensions.Hosting 1.20.1", "ScottPlot 5.1.59", "Scrutor 7.0.0", "Spectre.Console 0.57.2", "System.CommandLine 3.0.0",
            ]
        },
        { "FlDurable.Orchestrator", ["FlDurable.Shared [own]", "Azure.Storage.Queues 12.24.0", "System.Numerics.Tensors 10.0.15"] },
        {
            "FlDurable.Shared",
            [
                "ADRaffy.ENSNormalize 0.3.1", "Azure.Identity 1.21.0", "Azure.Storage.Blobs 12.30.1", "Microsoft.Extensions.DependencyInjection.Abstractions 10.0.15",
                "Microsoft.Extensions.Logging.Abstractions 10.0.15", "Parquet.Net 6.1.0", "Sep 0.17.1", "SkiaSharp 3.119.4", "SkiaSharp.NativeAssets.Linux.NoDependencies 3.119.4", "System.IO.Hashing 10.0.15",
                "System.Numerics.Tensors 10.0.15", "YamlDotNet 18.1.0",
            ]
        },
        { "FlDurable.Templates", [] },
        { "FlDurable.TorchEngine", ["FlDurable.ClientActivities [own]", "TorchSharp 0.107.0"] },
        { "FlDurable.Worker", ["FlDurable.ClientActivities [own]", "Microsoft.Extensions.DependencyInjection 10.0.15"] },
    };

    [Fact]
    public void There_are_these_packages_and_no_other() =>
        Assert.Equal(Dependencies.Select(row => row.Data.Item1).Order(StringComparer.Ordinal), packed.PackageNames());

    [Theory]
    [MemberData(nameof(Dependencies))]
    public void A_package_asks_for_what_its_project_references(string package, string[] expected) => Assert.Equal(expected, packed.DependenciesOf(package));

    [Fact]
    public void Every_library_comes_with_its_documentation_its_symbols_and_a_readme()
    {
        foreach (var package in packed.PackageNames().Where(name => name != "FlDurable.Templates"))
        {
            var files = packed.FilesOf(package);
            var library = package == "FlDurable.LocalHost" ? "fldurable" : package;
            Assert.Subset(files.ToHashSet(StringComparer.Ordinal), new HashSet<string>([$"lib/net10.0/{library}.dll", $"lib/net10.0/{library}.xml", "Package.md"]));
            Assert.True(File.Exists(Path.ChangeExtension(packed.PathOf(package), "snupkg")), package);
        }
    }

    [Fact]
    public async Task A_member_that_is_gone_fails_the_pack()
    {
        var project = Path.Combine(PackedBuild.Repository, "src", "LanesEngine");
        var declared = Path.Combine(packed.Root, "PublicAPI.Unshipped.txt");
        await File.WriteAllTextAsync(declared, "#nullable enable\nFlDurable.LanesEngine.LanesTrainingEngine.Gone() -> void\n", Cancel);

        var (code, output) = await packed.Dotnet.TryAsync(
            PackedBuild.Repository, packed.OfPacking("build", project, "--no-restore", "-p:BuildProjectReferences=false", $"-p:PublicApiUnshipped={declared}"));

        Assert.NotEqual(0, code);
        Assert.Contains("error RS0017", output, StringComparison.Ordinal);
        Assert.Contains("FlDurable.LanesEngine.LanesTrainingEngine.Gone() -> void", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_made_in_an_empty_folder_runs_and_its_tests_pass()
    {
        var folder = await packed.CreateAsync("my-fed", below: "empty");
        Assert.Equal(
            [.. FilesOfTheTemplate, "my-fed.csproj", "tests/my-fed.Tests/BarsTests.cs", "tests/my-fed.Tests/FederationTests.cs", "tests/my-fed.Tests/my-fed.Tests.csproj"],
            FilesIn(folder));

        await packed.Dotnet.RunAsync(folder, "build", "tests/my-fed.Tests", "-v", "q");
        var tests = await packed.Dotnet.RunAsync(folder, "test", "--project", "tests/my-fed.Tests", "--no-build");
        var run = await packed.Dotnet.RunAsync(
            folder, "run", "--no-build", "--", "run", "--data", "bars:30", "--network", "narrow", "--strategy", "cautious", "--clients", "2", "--rounds", "1", "--state",
            Path.Combine(packed.Root, "state"));

        Assert.Contains("succeeded: 5", tests, StringComparison.Ordinal);
        Assert.Contains("data: bars:30 of my-fed 1.0.0", run, StringComparison.Ordinal);
        foreach (var library in (string[])["FlDurable.Shared", "FlDurable.Orchestrator"])
        {
            Assert.Equal(
                SHA256.HashData(packed.Read(library, $"lib/net10.0/{library}.dll")),
                SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "bin", "Debug", "net10.0", $"{library}.dll"), Cancel)));
        }

        var isOneFile = await packed.Dotnet.RunAsync(folder, "msbuild", "my-fed.csproj", "-getProperty:IncludeAllContentForSelfExtract", "-p:PublishSingleFile=true");
        Assert.Equal("true", isOneFile.Trim());
        var trimmed = await packed.Dotnet.TryAsync(folder, "msbuild", "my-fed.csproj", "-t:RefuseToTrimFederations", "-p:PublishTrimmed=true");
        Assert.Equal((1, true), (trimmed.Code, trimmed.Output.Contains("error FLD0001: A program on FlDurable can't be trimmed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_tool_is_one_package_with_every_systems_libraries_and_runs_where_it_is_installed()
    {
        var (feed, tools, state) = (Path.Combine(packed.Root, "tool"), Path.Combine(packed.Root, "tools"), Path.Combine(packed.Root, "tool-state"));
        await packed.PackAsync("pack", Path.Combine(PackedBuild.Repository, "src", "LocalHost"), "-p:AsTool=true", "-o", feed);
        var package = Assert.Single(Directory.GetFiles(feed));
        using (var zip = ZipFile.OpenRead(package))
        {
            var files = zip.Entries.Select(entry => entry.FullName).ToList();
            foreach (var library in (string[])["e_sqlite3", "libSkiaSharp"])
            {
                foreach (var system in (string[])["linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64", "win-x64", "win-arm64", "osx"])
                    Assert.Contains(files, file => file.StartsWith($"tools/net10.0/any/runtimes/{system}", StringComparison.Ordinal) && file.Contains("/native/", StringComparison.Ordinal) && file.Contains(library, StringComparison.Ordinal));
            }

            Assert.DoesNotContain(files, file => file.Contains("torch", StringComparison.OrdinalIgnoreCase));
        }

        await packed.Dotnet.RunAsync(packed.Root, "tool", "install", "fldurable", "--tool-path", tools, "--source", feed, "--version", packed.Version);
        var tool = Path.Combine(tools, OperatingSystem.IsWindows() ? "fldurable.exe" : "fldurable");
        var version = await packed.Dotnet.RunProgramAsync(tool, packed.Root, "--version");
        var run = await packed.Dotnet.RunProgramAsync(
            tool, packed.Root, "run", "--id", "one", "--data", "synthetic:train=40,test=20", "--clients", "2", "--rounds", "1", "--state", state);
        var list = await packed.Dotnet.RunProgramAsync(tool, packed.Root, "list", "-q", "--state", state);

        Assert.StartsWith(packed.Version, version, StringComparison.Ordinal);
        Assert.Contains("model: SHA-256 ", run, StringComparison.Ordinal);
        Assert.Equal("one", list.Trim());
    }

    [Fact]
    public async Task Whatever_its_name_it_builds_within_a_repository_that_has_central_versions_and_takes_warnings_for_errors()
    {
        var repository = Directory.CreateDirectory(Path.Combine(packed.Root, "repository")).FullName;
        await WriteAsync("Directory.Packages.props", """
            <PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>
            <ItemGroup><PackageVersion Include="xunit" Version="2.0.0" /></ItemGroup>
            """);

        // Which versions a feed has is no fault of the program's.
        const string Strict = "<PropertyGroup><TreatWarningsAsErrors>true</TreatWarningsAsErrors><WarningsNotAsErrors>NU1603</WarningsNotAsErrors></PropertyGroup>";
        await WriteAsync("Directory.Build.props", $"<PropertyGroup><Nullable>disable</Nullable></PropertyGroup>{Strict}");
        await WriteAsync("Directory.Build.targets", Strict);
        (string Name, string File, string Namespace)[] names = [("Acme.Fed", "Acme.Fed", "Acme.Fed"), ("1st", "1st", "_1st"), ("my fed", "my-fed", "my_fed"), ("class", "class", "_class")];
        foreach (var (name, file, space) in names)
        {
            var folder = await packed.CreateAsync(name, below: "repository");
            string[] own = [$"{file}.csproj", $"tests/{file}.Tests/BarsTests.cs", $"tests/{file}.Tests/FederationTests.cs", $"tests/{file}.Tests/{file}.Tests.csproj"];
            Assert.Equal([.. FilesOfTheTemplate.Concat(own).Order(StringComparer.Ordinal)], FilesIn(folder));
            Assert.Contains($"namespace {space};", await File.ReadAllTextAsync(Path.Combine(folder, "Bars.cs"), Cancel), StringComparison.Ordinal);
        }

        await WriteAsync("all.proj", """
            <ItemGroup><One Include="*/*.csproj" /></ItemGroup>
            <Target Name="Build">
              <MSBuild Projects="@(One)" Targets="Restore" Properties="Of=restore" />
              <MSBuild Projects="@(One)" Targets="Build" BuildInParallel="true" />
            </Target>
            """);
        await packed.Dotnet.RunAsync(repository, "msbuild", "all.proj", "-m:2", "-v:q");

        Task WriteAsync(string name, string content) => File.WriteAllTextAsync(Path.Combine(repository, name), $"<Project>{content}</Project>", Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static IEnumerable<string> FilesIn(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);
}
