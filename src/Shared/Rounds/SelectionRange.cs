namespace FlDurable.Shared.Rounds;

/// <summary>Consecutive clients of a selection.</summary>
/// <param name="First">The index of the first.</param>
/// <param name="Count">How many.</param>
public sealed record SelectionRange(int First, int Count);
