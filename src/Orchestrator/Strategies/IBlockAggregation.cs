namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// A strategy that must see all updates side by side, as order statistics do: it is shown the same range of all of them at a time, so that
/// memory is that of the model and of a range times the clients.
/// </summary>
public interface IBlockAggregation : IAggregation
{
    /// <summary>Begins a round.</summary>
    /// <param name="round">What the clients started from, and how many updates there are.</param>
    /// <param name="state">What the round before left; becomes what this one leaves.</param>
    IBlockPasses Begin(BlockRound round, ServerState state);
}

/// <summary>One round's updates, as a strategy goes over them.</summary>
public interface IBlockPasses
{
    /// <summary>Sees the same range of all updates. In each pass the ranges follow one another from the first parameter to the last.</summary>
    /// <param name="block">The updates' values.</param>
    /// <param name="next">The next global parameters in the range: what an earlier pass has written there, zeros at first.</param>
    void See(UpdateBlock block, Span<double> next);

    /// <summary>Ends a pass.</summary>
    /// <returns>Whether all is known: <c>next</c> then has the next global parameters. If not, another pass follows.</returns>
    bool EndPass();
}

/// <summary>What a round's updates have in common.</summary>
/// <param name="Updates">How many updates there are, at least one; they are in the order of the selection.</param>
/// <param name="Parameters">How many parameters each has.</param>
public sealed record BlockRound(int Updates, int Parameters)
{
    /// <summary>A round's block is never larger than so many numbers (16 MiB), unless each update's shortest range is.</summary>
    private const int MostNumbers = 4 << 20;
    private const int LongestRange = 1 << 18;
    private const int Lanes = 16;

    /// <summary>Ends what takes long: a strategy looks at it wherever it compares every update with every other.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>
    /// How many parameters a range has; the last may have fewer. It follows from the round alone, since sums over parameters are added range
    /// by range.
    /// </summary>
    public int RangeLength { get; } = Math.Clamp(MostNumbers / Updates / Lanes * Lanes, Lanes, LongestRange);
}

/// <summary>The same range of all updates.</summary>
public readonly ref struct UpdateBlock
{
    private readonly ReadOnlyMemory<float> values;

    /// <param name="first">The index of the first parameter.</param>
    /// <param name="global">The parameters that the clients started from, in the range.</param>
    /// <param name="values">The updates' parameters in the range, one update after another.</param>
    public UpdateBlock(int first, ReadOnlySpan<float> global, ReadOnlyMemory<float> values)
    {
        First = first;
        Global = global;
        this.values = values;
    }

    /// <summary>The index of the first parameter.</summary>
    public int First { get; }

    /// <summary>The parameters that the clients started from.</summary>
    public ReadOnlySpan<float> Global { get; }

    /// <summary>How many parameters.</summary>
    public int Length => Global.Length;

    /// <summary>One client's parameters after training.</summary>
    public ReadOnlySpan<float> this[int update] => Values(update).Span;

    /// <summary>The same for several threads, which no span can be shared by.</summary>
    internal ReadOnlyMemory<float> Values(int update) => values.Slice(update * Length, Length);
}
