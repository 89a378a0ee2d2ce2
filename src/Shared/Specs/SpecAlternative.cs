namespace FlDurable.Shared.Specs;

/// <summary>One of the things that a field of a spec can name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Options">Fields of its own, which are given beside the name. Each has a default.</param>
public sealed record SpecAlternative(string Name, params IReadOnlyList<SpecField> Options)
{
    /// <summary>
    /// What of a spec that names it does not go with it: asked once every field is in its own range. Nothing more is said of a field that has
    /// an error already.
    /// </summary>
    public Func<FederationSpec, IEnumerable<SpecError>> Errors { get; init; } = _ => [];

    /// <summary>The package that its code is in.</summary>
    public PackageVersion Package { get; init; } = PackageVersion.Own;

    /// <summary>The rule that it is, where it is one of a schedule.</summary>
    internal ISchedule? Schedule { get; init; }
}

/// <summary>
/// What a host has registered for a field of a spec to name. Registries implement it, and whoever adds a registry to a host adds it as this
/// too: <see cref="SpecServices.AddSpecAlternatives{T}"/>.
/// </summary>
public interface ISpecAlternatives
{
    /// <summary>The field's name.</summary>
    string Field { get; }

    /// <summary>What it can name, in the order in which that is shown.</summary>
    IReadOnlyList<SpecAlternative> Alternatives { get; }
}
