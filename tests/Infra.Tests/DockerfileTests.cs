using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>
/// The images of the pool's workers, of which none is built here: that what they are built from keeps the rules, and that each rule finds what breaks it.
/// </summary>
public sealed partial class DockerfileTests
{
    private const string Cores = "worker.Dockerfile";
    private const string Cuda = "worker-cuda.Dockerfile";
    private const string User = "1654"; // "app" of Microsoft's images

    private static readonly string[] Files = [Cores, Cuda];

    // What each rule is, when it holds, and a change after which it doesn't.
    private static readonly Dictionary<string, (Func<Dockerfile, bool> Holds, string From, string To)> Rules = new()
    {
        ["every image it begins with comes from Microsoft's registry, in the version of the build"] = (
            file => file.Stages.All(stage => BaseImage().Match(stage.Image) is { Success: true } image && image.Groups["version"].Value == SdkVersion()),
            "mcr.microsoft.com/dotnet/sdk:10.0-noble", "mcr.microsoft.com/dotnet/sdk:latest"),
        ["the compiler stays behind"] = (
            file => file.Stages is [{ Name: "build" }, { Name: "worker" }] && !file.Stages[^1].Image.Contains("/sdk:", StringComparison.Ordinal),
            "FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble", "FROM mcr.microsoft.com/dotnet/sdk:10.0-noble"),
        ["whoever runs it is not root"] = (
            file => file.Stages[^1].Last("USER") == User, $"USER {User}", "USER root"),
        ["what follows the change of user runs as that user"] = (
            file => file.Stages[^1].Instructions.FindIndex(one => one.Name == "USER") > file.Stages[^1].Instructions.FindLastIndex(one => one.Name is "COPY" or "RUN"),
            $"USER {User}\n", $"USER {User}\nRUN touch /app/mine\n"),
        ["the program is root's, so that the worker can't change it"] = (
            file => file.Stages[^1].All("COPY").All(copy => !copy.Contains("--chown", StringComparison.Ordinal) && !copy.Contains("--chmod", StringComparison.Ordinal)),
            "COPY --from=build /app .", $"COPY --from=build --chown={User} /app ."),
        ["what it may write is below /tmp"] = (
            file => new[] { "HOME", "FLDURABLE_STATE", "FLDURABLE_CACHE" }.All(name => file.Variable(name) is { } path && (path + "/").StartsWith("/tmp/", StringComparison.Ordinal)),
            "FLDURABLE_CACHE=/tmp/cache", "FLDURABLE_CACHE=/app/cache"),
        ["the runtime opens no socket of its own"] = (
            file => file.Variable("DOTNET_EnableDiagnostics") == "0", " DOTNET_EnableDiagnostics=0", ""),
        ["it needs no volume and no port"] = (
            file => !file.Stages.Any(stage => stage.All("VOLUME").Concat(stage.All("EXPOSE")).Any()), "STOPSIGNAL SIGTERM", "EXPOSE 7071"),
        ["it is the worker, started without a shell, so that it gets the signals"] = (
            file => Words(file.Stages[^1].Last("ENTRYPOINT")) is ["dotnet", "fldurable.dll", "work", "--pool", ..] && !file.Stages[^1].All("CMD").Any(),
            "ENTRYPOINT [\"dotnet\", \"fldurable.dll\", \"work\", \"--pool\"", "ENTRYPOINT dotnet fldurable.dll work --pool # [\"\""),
        ["it is told to stop by the signal at which it gives its work back"] = (
            file => file.Stages[^1].Last("STOPSIGNAL") == "SIGTERM", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL"),
        ["its log is for machines"] = (
            file => string.Join(' ', Words(file.Stages[^1].Last("ENTRYPOINT")) ?? []).EndsWith("--log-format json", StringComparison.Ordinal), ", \"--log-format\", \"json\"", ""),
        ["nothing is fetched but packages of the distribution"] = (
            file => file.Stages.All(stage => !stage.All("ADD").Any()) && !Fetches().IsMatch(file.Text), "WORKDIR /source\n", "WORKDIR /source\nADD https://example.org/x .\n"),
        ["no secret is part of it"] = (
            file => file.Stages.SelectMany(stage => stage.All("ENV").Concat(stage.All("ARG"))).All(line => !SecretsName().IsMatch(line)),
            "WORKDIR /source\n", "WORKDIR /source\nARG NUGET_TOKEN\n"),
        ["it is built from the project that the worker is in"] = (
            file => Words(file.Stages[0].Last("RUN")) is ["dotnet", "publish", var project, "-c", "Release", ..] && Directory.Exists(Path.Combine(Repository.Root, project)),
            "\"src/LocalHost\"", "\"src/Host\""),
        ["its system is one that TorchSharp runs on"] = (
            file => file.Stages[^1].Image.Contains("-noble", StringComparison.Ordinal), "aspnet:10.0-noble", "aspnet:10.0-jammy"),
    };

    public static TheoryData<string, string> All() =>
        [.. from file in Files from rule in Rules.Keys select new TheoryDataRow<string, string>(file, rule)];

    [Theory]
    [MemberData(nameof(All))]
    public void It_keeps_the_rule(string file, string rule) => Assert.True(Rules[rule].Holds(Read(file)), rule);

    [Theory]
    [MemberData(nameof(All))]
    public void One_that_does_not_is_found(string file, string rule)
    {
        var (holds, from, to) = Rules[rule];
        var text = Read(file).Text;
        Assert.Contains(from, text, StringComparison.Ordinal);

        Assert.False(holds(new Dockerfile(text.Replace(from, to, StringComparison.Ordinal))), rule);
    }

    [Fact]
    public void The_one_for_cores_has_no_shell_and_no_libtorch()
    {
        var file = Read(Cores);
        Assert.EndsWith("-chiseled", file.Stages[^1].Image, StringComparison.Ordinal);
        Assert.DoesNotContain("Torch", file.Text, StringComparison.Ordinal);
        Assert.Empty(file.Stages[^1].All("RUN"));
    }

    [Fact]
    public void The_one_for_GPUs_has_the_natives_of_a_package_that_is_pinned()
    {
        var publish = Words(Read(Cuda).Stages[0].Last("RUN"))!;
        Assert.Contains("-p:Torch=true", publish);
        var package = publish.Single(word => word.StartsWith("-p:TorchPackage=", StringComparison.Ordinal)).Split('=')[1];
        Assert.Contains($"Include=\"{package}\"", File.ReadAllText(Path.Combine(Repository.Root, "Directory.Packages.props")), StringComparison.Ordinal);
        Assert.Equal("all", Read(Cuda).Variable("NVIDIA_VISIBLE_DEVICES"));
    }

    [Fact]
    public void Nothing_enters_the_build_but_the_source()
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore")).Where(line => line.Length > 0 && line[0] != '#').ToList();
        Assert.Equal("*", lines[0]);
        Assert.Equal(
            ["!.editorconfig", "!Directory.Build.props", "!Directory.Packages.props", "!LICENSE", "!README.md", "!global.json", "!src"],
            lines.Where(line => line[0] == '!').Order(StringComparer.Ordinal));
        Assert.Superset((HashSet<string>)["**/bin", "**/obj", "**/*.key", "**/local.settings.json"], lines.ToHashSet());
    }

    private static Dockerfile Read(string file) => new(File.ReadAllText(Path.Combine(Repository.Root, "docker", file)));

    /// <returns>Null if it is not in the form of an array, which no shell sees.</returns>
    private static string[]? Words(string? instruction)
    {
        try
        {
            return instruction is null ? null : JsonSerializer.Deserialize<string[]>(instruction);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string SdkVersion() =>
        string.Join('.', ((string)JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "global.json")))!["sdk"]!["version"]!).Split('.')[..2]);

    [GeneratedRegex(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet):(?<version>\d+\.\d+)-[a-z]+(-chiseled)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex BaseImage();

    [GeneratedRegex(@"\b(curl|wget|git clone)\b")]
    private static partial Regex Fetches();

    [GeneratedRegex("SECRET|_KEY|PASSWORD|TOKEN|CONNECTION", RegexOptions.IgnoreCase)]
    private static partial Regex SecretsName();

    /// <summary>What an image is built from: stages of instructions.</summary>
    private sealed class Dockerfile
    {
        public Dockerfile(string text)
        {
            Text = text;
            var joined = text.Replace("\\\n", " ", StringComparison.Ordinal);
            foreach (var line in joined.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
            {
                var parts = line.Split(' ', 2, StringSplitOptions.TrimEntries);
                if (parts[0] == "FROM")
                    Stages.Add(Stage.Of(parts[1]));
                else
                    Stages[^1].Instructions.Add((parts[0], parts[1]));
            }
        }

        public string Text { get; }

        public List<Stage> Stages { get; } = [];

        /// <summary>What a variable is in the image.</summary>
        public string? Variable(string name) => Stages[^1].All("ENV").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(pair => pair.Split('=', 2)).LastOrDefault(pair => pair[0] == name)?[1];
    }

    /// <summary>A stage.</summary>
    private sealed record Stage(string Image, string? Name)
    {
        public List<(string Name, string Text)> Instructions { get; } = [];

        public static Stage Of(string rest) => rest.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var image, "AS", var name] ? new Stage(image, name) : new Stage(rest, Name: null);

        public IEnumerable<string> All(string name) => Instructions.Where(one => one.Name == name).Select(one => one.Text);

        public string? Last(string name) => All(name).LastOrDefault();
    }
}
