using System.Globalization;
using System.Text.Json.Nodes;

namespace FlDurable.EndToEnd.Support;

/// <summary>A federation that nobody disturbs: what all others of its spec must come to.</summary>
public sealed class UninterruptedRun : IAsyncLifetime
{
    private readonly TestFolders folders = new();

    /// <summary>Its result, comparable.</summary>
    public string Result { get; private set; } = "";

    /// <summary>The command line; a client trains long enough to be stopped while it does.</summary>
    internal static string[] Arguments(string id, int rounds = 3) =>
    [
        "run", "--data", "synthetic:train=2000,test=100", "--clients", "4", "--epochs", "4", "--parallel", "1", "--json", "--id", id,
        "--rounds", rounds.ToString(CultureInfo.InvariantCulture),
    ];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await using var process = folders.Start(Arguments("whole"));
        Result = Comparable(await process.EndAsync());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        folders.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A result without what may differ: seconds, and the id with all that carries it or is sealed with it.</summary>
    internal static string Comparable(ProcessEnd end)
    {
        Assert.True(end.ExitCode == 0, end.Error);
        var result = JsonNode.Parse(end.Output)!;
        result.AsObject().Remove("id");
        result.AsObject().Remove("seal");
        result["spec"]!.AsObject().Remove("id");
        result["model"]!.AsObject().Remove("artifact");
        foreach (var round in result["rounds"]!.AsArray())
        {
            round!.AsObject().Remove("seconds");
            foreach (var participant in round["participants"]!.AsArray())
            {
                foreach (var timed in (JsonNode?[])[participant, participant!["trained"], participant["evaluated"]])
                    timed?.AsObject().Remove("seconds");
            }
        }

        return result.ToJsonString();
    }
}
