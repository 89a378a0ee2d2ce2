namespace FlDurable.Shared.Specs;

/// <summary>Which packages the parts that specs name are from, so that a federation goes on with the code that it was started with.</summary>
/// <param name="registered">What this host has.</param>
public sealed class SpecPackages(IEnumerable<ISpecAlternatives> registered)
{
    // Asked for with every activity, and the same all the time.
    private readonly Lazy<IReadOnlyList<Part>> parts =
        new(() => [.. registered.SelectMany(field => field.Alternatives.Select(one => new Part(field.Field, one.Name, one.Package)))]);

    /// <summary>FlDurable's build, and the packages of others that a spec's federation runs code of.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="engine">The engine that was chosen; while it is <see cref="ResolvedSpec.Undecided"/>, any may come to train it.</param>
    public IReadOnlyList<PackageVersion> Of(FederationSpec spec, string engine) =>
    [
        PackageVersion.Own,
        .. parts.Value
            .Where(part => part.Package.Name != PackageVersion.OwnName && Names(spec, engine, part.Field, part.Name))
            .Select(part => part.Package)
            .Distinct()
            .OrderBy(package => package.Name, StringComparer.Ordinal),
    ];

    /// <summary>
    /// Why this host can't go on with a federation; null if it can. FlDurable itself may be another build: the orchestrations' version says whether
    /// that one can.
    /// </summary>
    public string? WhyNot(ResolvedSpec spec)
    {
        if (spec.Packages is not { } recorded)
            return null;
        foreach (var package in recorded.Where(package => package.Name != PackageVersion.OwnName && parts.Value.All(part => part.Package != package)))
        {
            var has = parts.Value.FirstOrDefault(part => part.Package.Name == package.Name) is { } other ? $"this host has {other.Package.Version}" : "this host is without it";
            return $"federation '{spec.Id}' was started with {package}, and {has}: go on with it by the program that started it, or start another federation";
        }

        return Of(spec.Spec, spec.Engine).FirstOrDefault(package => package.Name != PackageVersion.OwnName && !recorded.Contains(package)) is { } added
            ? $"federation '{spec.Id}' was started without {added}, which this host has for what its spec names: go on with it by the program that started it, or start another federation"
            : null;
    }

    private static bool Names(FederationSpec spec, string engine, string field, string name) => field switch
    {
        "network" => spec.Network.Name == name,
        "strategy" => spec.Strategy.Name == name,
        "selection" => spec.Selection.Name == name,
        "attack" => spec.Attack.Name == name,
        "partitioner" => spec.Partitioner.Name == name,
        "engine" => engine == name || engine == ResolvedSpec.Undecided,
        SpecRows.OwnData => spec.Data is { } data && (data == name || data.StartsWith($"{name}:", StringComparison.Ordinal)),
        SpecRows.OwnMetrics => spec.CentralEvaluation,
        SpecRows.OwnClientMetrics => true,
        _ => false,
    };

    /// <summary>Something that a spec's field can name, and the package that it is from.</summary>
    private sealed record Part(string Field, string Name, PackageVersion Package);
}
