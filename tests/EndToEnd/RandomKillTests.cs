using System.Diagnostics;
using System.Globalization;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// Federations that are killed at random moments, once or twice each. <c>FLDURABLE_KILLS</c> says how many there are; each draws its moments
/// by its own number.
/// </summary>
public sealed class RandomKillTests(ITestOutputHelper output)
{
    private const string Variable = "FLDURABLE_KILLS";
    private const int Default = 10;
    private const int AtOnce = 2;

    /// <summary>How much longer a run takes than the one that is timed alone, or nobody would be killed near the end.</summary>
    private const double WhileOthersRun = 1.5;

    private const string Id = "killed";

    private static int Runs => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } runs
        ? int.Parse(runs, CultureInfo.InvariantCulture)
        : Default;

    private static string[] Arguments =>
    [
        "run", "--id", Id, "--data", "synthetic:train=600,test=100", "--clients", "4", "--rounds", "3", "--parallel", "2", "--json",
        "--epochs", "[1,2,1]", "--keep-best", "centralLoss", "--stop-when", "metric=centralLoss,patience=3",
    ];

    [Fact]
    public async Task Killed_at_random_moments_a_federation_has_the_same_result()
    {
        using var undisturbed = new TestFolders();
        var (expected, duration) = await RunAsync(undisturbed);
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken };
        var kills = new KillLog();

        await Parallel.ForAsync(0, Runs, options, async (run, _) => Assert.Equal(expected, await RunAndKillAsync(run, duration, kills)));

        output.WriteLine($"{Runs} runs, {kills}");
        Assert.True(kills.Count >= Runs);
    }

    /// <summary>Runs a federation that is killed once or twice.</summary>
    /// <returns>Its result, comparable.</returns>
    private static async Task<string> RunAndKillAsync(int seed, TimeSpan duration, KillLog kills)
    {
        var random = new Random(seed);
        while (true)
        {
            using var folders = new TestFolders();
            var killed = 0;
            for (var wanted = random.Next(1, 3); killed < wanted; killed++)
            {
                await using var process = folders.Start(Arguments);
                if (!await process.KillAfterAsync(duration * WhileOthersRun * random.NextDouble()))
                    break;
                kills.Add(folders.RecordedRounds(Id));
            }

            // One that was over before its first moment came has not been killed: the next moments are drawn.
            if (killed > 0)
                return (await RunAsync(folders)).Result;
        }
    }

    private static async Task<(string Result, TimeSpan Duration)> RunAsync(TestFolders folders)
    {
        var started = Stopwatch.GetTimestamp();
        await using var process = folders.Start(Arguments);
        return (UninterruptedRun.Comparable(await process.EndAsync()), Stopwatch.GetElapsedTime(started));
    }
}
