using FlDurable.Faults.Tests.Support;

namespace FlDurable.Faults.Tests;

/// <summary>Processes that die where it is decided what is the best round, what of it is kept and that the federation ends: another decides alike.</summary>
public sealed class ChangingCrashPointTests(RecordedChange change) : IClassFixture<RecordedChange>
{
    private static readonly string[] Deciding = ["RecordRound", "CleanUpRound", "CompleteFederation"];

    [Fact]
    public async Task Schedules_the_best_round_and_an_early_end_are_what_they_would_be_without_kills()
    {
        var points = change.Points.Where(point => point.Name.StartsWith("store/", StringComparison.Ordinal)
            ? (string[])["record", "global", "result", "model"] is var own && own.Any(part => point.Subject.Contains(part, StringComparison.Ordinal))
            : Deciding.Any(activity => point.Subject.StartsWith($"after {activity}", StringComparison.Ordinal))).ToList();
        var result = change.Text("federations/fed/result.json");
        Assert.Contains("\"stopped\":\"fitAccuracy was not better for 2 rounds", result, StringComparison.Ordinal);
        Assert.Contains("\"plan\":{\"epochs\":2,", result, StringComparison.Ordinal);
        Assert.Contains("\"best\":{\"metric\":\"centralLoss\"", result, StringComparison.Ordinal);

        Assert.Equal(points.Count, (await change.KillAsync(points)).Distinct().Count());
    }
}
