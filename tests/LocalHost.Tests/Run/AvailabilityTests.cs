using FlDurable.LocalHost.CommandLine;
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
