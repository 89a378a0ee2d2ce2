using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A partitioner that a spec can name.</summary>
/// <param name="Name">The name in specs.</param>
/// <param name="Create">Makes the partitioner that a checked spec asks for.</param>
public sealed record Partitioner(string Name, Func<SpecChoice, IPartitioner> Create)
{
    /// <summary>What a spec may give beside the name, each with a default. They are part of the data set's recipe.</summary>
    public IReadOnlyList<SpecField> Options { get; init; } = [];
}

/// <summary>A partitioner whose type says what specs call it: what a host adds by <see cref="Library.DatasetRegistration.AddPartitioner{T}"/>.</summary>
public interface INamedPartitioner : IPartitioner
{
    /// <summary>As specs name it.</summary>
    static abstract Partitioner Named { get; }
}
