namespace FlDurable.ClientActivities;

/// <summary>How many batches have been trained on among a host's services: one that trains for somebody else shows by it that it gets on.</summary>
public sealed class BatchCount
{
    private long batches;

    /// <summary>So many so far.</summary>
    public long Batches => Interlocked.Read(ref batches);

    internal void Add() => Interlocked.Increment(ref batches);
}
