using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>A client's update, as a strategy meets it.</summary>
internal sealed record Update(long Examples, float[] Parameters)
{
    /// <summary>The global parameters' loss before training.</summary>
    public double Loss { get; init; }

    /// <summary>How many steps were taken.</summary>
    public int Steps { get; init; }
}

/// <summary>Rounds of a strategy on updates that are given, without artifacts.</summary>
internal sealed class StrategyRun(IAggregation aggregation, int parameters)
{
    private readonly ParameterLayout layout = new([("x", [parameters])]);
    private byte[]? state;

    /// <summary>What the strategy has kept of the last round.</summary>
    public double[] Kept(string tensor) => ServerState.Read(aggregation.State, layout, state)[tensor].ToArray();

    /// <summary>One round, before the result is rounded to single precision.</summary>
    public double[] Round(float[] global, params IReadOnlyList<Update> updates)
    {
        var kept = ServerState.Read(aggregation.State, layout, state);
        var next = new double[parameters];
        if (aggregation is ISumAggregation summing)
            Sum(summing, new ModelParameters(layout, global), updates, kept, next);
        else
            GoOver((IBlockAggregation)aggregation, global, updates, kept, next);
        state = kept.ToSafetensors();
        return next;
    }

    /// <summary>In ranges of four parameters.</summary>
    private static void GoOver(IBlockAggregation blocks, float[] global, IReadOnlyList<Update> updates, ServerState kept, double[] next)
    {
        const int RangeLength = 4;
        var passes = blocks.Begin(new BlockRound(updates.Count, global.Length), kept);
        do
        {
            for (var first = 0; first < global.Length; first += RangeLength)
            {
                var range = first..Math.Min(first + RangeLength, global.Length);
                passes.See(new UpdateBlock(first, global[range], updates.SelectMany(update => update.Parameters[range]).ToArray()), next.AsSpan()[range]);
            }
        }
        while (!passes.EndPass());
    }

    private void Sum(ISumAggregation summing, ModelParameters global, IReadOnlyList<Update> updates, ServerState kept, double[] next)
    {
        var sum = new LeafSum(summing, layout);
        var check = new UpdateCheck(global, maxNorm: null);
        foreach (var update in updates)
        {
            var values = new ModelParameters(layout, update.Parameters);
            Assert.Null(check.FindProblem(values, out var norm));
            var outcome = new ClientOutcome(
                "client", update.Examples, 0, UpdateNorm: norm, Steps: update.Steps, InitialLoss: update.Loss);
            Assert.True(sum.TryAdd(outcome, values));
        }

        var sums = UpdateSum.Read(sum.ToSafetensors(), layout, summing.Sums);
        summing.Apply(new SummedRound(global, sums, sum.Figures ?? [], updates.Count, updates.Sum(update => update.Examples)), kept, next);
    }
}
