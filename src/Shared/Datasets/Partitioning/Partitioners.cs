using System.Collections.Frozen;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The partitioners that a spec can name.</summary>
public sealed class Partitioners : ISpecAlternatives
{
    private static readonly Partitioner[] BuiltIn =
    [
        IidPartitioner.Named, LinearPartitioner.Named, SquarePartitioner.Named, ExponentialPartitioner.Named, SizePartitioner.Named,
        DirichletPartitioner.Named, InnerDirichletPartitioner.Named, PathologicalPartitioner.Named, ShardPartitioner.Named, DistributionPartitioner.Named,
        NaturalIdPartitioner.Named,
    ];

    private readonly FrozenDictionary<string, Partitioner> partitioners;

    /// <summary>The built-in partitioners, and a user's own.</summary>
    /// <exception cref="ArgumentException">Two have one name, or a name is none.</exception>
    public Partitioners(params IEnumerable<Partitioner> additional) =>
        partitioners = NamedParts.ByName("partitioner", BuiltIn.Concat(additional), partitioner => partitioner.Name);

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => partitioners.Keys.Order(StringComparer.Ordinal);

    string ISpecAlternatives.Field => "partitioner";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. Names.Select(name => partitioners[name]).Select(one => new SpecAlternative(one.Name, one.Options) { Package = PackageVersion.OfCode(one.Create) })];

    /// <summary>The partitioner of a checked spec, with its options.</summary>
    /// <exception cref="DatasetException">There is none of that name.</exception>
    public IPartitioner For(SpecChoice choice) => partitioners.TryGetValue(choice.Name, out var partitioner)
        ? partitioner.Create(choice)
        : throw new DatasetException($"partitioner: '{choice.Name}' is not known; expected one of {string.Join(", ", Names)}");
}
