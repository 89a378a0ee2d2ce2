using FlDurable.LocalHost.Run;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class RunProgressTests
{
    private static readonly ArtifactReference Any = new("any", 0, "");

    private readonly RunProgress progress = new();
    private readonly List<RoundLine> recorded = [];
    private RunSnapshot now = RunSnapshot.Start;

    public RunProgressTests()
    {
        progress.Changed += snapshot => now = snapshot;
        progress.RoundRecorded += recorded.Add;
        progress.Begin(rounds: 5, recorded: 0);
        progress.Select(round: 1, fit: 10, evaluate: 4);
    }

    [Fact]
    public void Clients_are_counted_and_their_metrics_averaged()
    {
        Train(first: 0, loss: 1);
        Train(first: 1, loss: 2);

        Assert.Equal((1, RoundPhase.Fit, 10, 2), (now.Round, now.Phase, now.Clients, now.Ended));
        Assert.Equal(1.5, now.Metrics!.Loss);
    }

    [Fact]
    public void A_client_that_trained_twice_is_counted_once()
    {
        Train(first: 0, loss: 1);
        Train(first: 0, loss: 1);

        Assert.Equal(1, now.Ended);
    }

    [Fact]
    public void After_the_aggregation_the_evaluating_clients_are_counted_and_a_late_trainer_is_not()
    {
        Train(first: 0, loss: 1);
        progress.Aggregate(new AggregateUpdatesInput(Any, 1, 1, Any, Any), new AggregateUpdatesResult(Any));
        Train(first: 1, loss: 9);
        progress.Evaluate(Cohort(first: 0), new PartResult(Any, 1, Metrics: new Metrics(3, 0.5)));

        Assert.Equal((RoundPhase.Evaluate, 4, 1, 3.0), (now.Phase, now.Clients, now.Ended, now.Metrics!.Loss));
    }

    [Fact]
    public void A_round_is_recorded_once()
    {
        Record(round: 1);
        Record(round: 1);
        Record(round: 2);

        Assert.Equal([1, 2], recorded.Select(line => line.Round));
        Assert.Equal(2, now.Recorded);
    }

    private static CohortInput Cohort(int first) => new(Any, 1, 1, Any, Any, first, 1);

    private void Train(int first, double loss) => progress.Train(Cohort(first), new PartResult(Any, 1, Metrics: new Metrics(loss, 0.5)));

    private void Record(int round) => progress.Record(
        new RecordRoundInput(Any, round, Any, Central: null, Fit: null, Evaluate: null, Seconds: 1), new RecordRoundResult(Any, null, null));
}
