using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Curves;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>Clients that drop out, from the command line.</summary>
public sealed class AvailabilityTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Who_can_not_be_reached_in_a_round_is_its_named_failure_and_takes_part_in_the_next()
    {
        var federation = await workplace.FinishFederationAsync("--id", "fed", "--availability", "0,2;0-2", "--quorum", "2");

        var (first, second) = (federation.Rounds[1], federation.Rounds[2]);
        Assert.Equal(["client-0", "client-2"], first.Participants.Select(one => one.Client).Order(StringComparer.Ordinal));
        Assert.All(first.Failures, failure => Assert.Equal(("client-1", "it can't be reached in this round (availability)"), (failure.Client, failure.Reason)));
        Assert.NotEmpty(first.Failures);
        Assert.Empty(second.Failures);
    }

    [Fact]
    public async Task A_client_that_is_missing_from_training_and_from_evaluation_is_one_missing_client_everywhere()
    {
        var federation = await workplace.FinishFederationAsync("--id", "fed", "--availability", "0,2;0-2", "--quorum", "2", "--fraction-evaluate", "1");
        var csv = await workplace.RunAsync("status", "fed", "--csv");
        var report = await workplace.RunAsync("report", "fed", "--out", workplace["fed.html"]);

        Assert.Equal(["client-1", "client-1"], federation.Rounds[1].Failures.Select(failure => failure.Client));
        Assert.Equal([0, 1, 0], federation.Rounds.Select(round => round.Count().Missing));
        Assert.Equal([0.0, 1, 0], federation.Rounds.Select(round => RoundMeasure.AllOf(round).Single(measure => measure.Name == "clients/missing").Value));
        var column = csv.OutputLines[0].Split(',').IndexOf("missing");
        Assert.Equal(["0", "1", "0"], csv.OutputLines.Skip(1).Select(line => line.Split(',')[column]));
        Assert.Equal((ExitCode.Done, ""), (report.ExitCode, report.Error));
        Assert.Contains("<td>2</td><td>1</td>", await File.ReadAllTextAsync(workplace["fed.html"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0-3", "--availability: expected numbers of clients from 0 to 2, got 0-3")]
    [InlineData("client-0", "--availability: expected lists of clients numbers, one a round, such as 0-7;0,2,4-9, got client-0")]
    public async Task Bad_input_is_named(string lists, string error)
    {
        var run = await workplace.RunFederationAsync("--id", "fed", "--availability", lists);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(error, run.Error.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
