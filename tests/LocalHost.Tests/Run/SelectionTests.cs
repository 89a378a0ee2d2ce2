using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>What records say of how clients were chosen.</summary>
public sealed class SelectionTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task By_speed_a_record_has_the_scores_of_those_whose_speed_was_known()
    {
        var federation = await workplace.FinishFederationAsync("--id", "fed", "--selection", "speed");

        Assert.All(federation.Rounds[1].Participants, one => Assert.Null(one.SelectionScore)); // nobody has trained before
        Assert.All(federation.Rounds[2].Participants.Where(one => one.Examples is not null), one => Assert.True(one.SelectionScore is > 0 and < double.PositiveInfinity));
    }

    [Fact]
    public async Task Uniformly_there_are_no_scores()
    {
        var federation = await workplace.FinishFederationAsync("--id", "fed");

        Assert.All(federation.Rounds.SelectMany(round => round.Participants), one => Assert.Null(one.SelectionScore));
    }
}
