using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>The training engines of a host, the preferred one first.</summary>
/// <param name="engines">The engines.</param>
/// <param name="metrics">The host's own metrics, which an engine must tell logits for; null for none.</param>
public sealed class TrainingEngines(IEnumerable<ITrainingEngine> engines, MetricRegistry? metrics = null) : IEngineCatalog, ISpecAlternatives
{
    private readonly IReadOnlyList<ITrainingEngine> engines = Present([.. engines]);

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => [.. engines.Select(engine => engine.Name)];

    string ISpecAlternatives.Field => "engine";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives => [.. engines.Select(engine => new SpecAlternative(engine.Name) { Package = engine.Package })];

    /// <inheritdoc/>
    public string Resolve(string engine, Network network, int largestBatch, bool evaluatesCentrally = false)
    {
        var needsLogits = evaluatesCentrally && metrics is { IsEmpty: false };
        var asked = engine == "auto" ? engines : [Find(engine) ?? throw NotHere(engine)];
        var able = asked.FirstOrDefault(candidate => FindProblem(candidate, network, largestBatch, needsLogits) is null);
        return able?.Name ?? throw new InvalidSpecException([.. asked.Select(candidate => FindProblem(candidate, network, largestBatch, needsLogits)!)]);
    }

    /// <summary>The engine that a resolved spec names.</summary>
    /// <exception cref="NotRegisteredException">This host has no engine of that name.</exception>
    public ITrainingEngine Get(string name) => Find(name) ?? throw NotRegisteredException.Of("engine", name, Names);

    /// <summary>Without what stands for one that is there.</summary>
    private static List<ITrainingEngine> Present(IReadOnlyList<ITrainingEngine> engines)
    {
        List<ITrainingEngine> present =
            [.. engines.Where(engine => engine is not AbsentEngine || !engines.Any(other => other.Name == engine.Name && other is not AbsentEngine))];
        if (NamedParts.ByName("engine", present, engine => engine.Name).ContainsKey(ResolvedSpec.Undecided))
            throw new ArgumentException($"engine '{ResolvedSpec.Undecided}': a spec means any engine by this name; expected another name", nameof(engines));
        return present;
    }

    private static SpecError? FindProblem(ITrainingEngine engine, Network network, int largestBatch, bool needsLogits)
    {
        if (engine.WhyNot(network) is { } why)
            return new SpecError("engine", $"{engine.Name} can't train {network.Name} here: {why}");
        if (needsLogits && !engine.TellsLogits)
            return new SpecError("engine", $"{engine.Name} tells no logits, of which this host's own metrics are measured: expected another engine, or centralEvaluation false");
        var most = engine.MostValuesOfABatch / network.ValuesHeld;
        return largestBatch <= most ? null : new SpecError("batchSize", FormattableString.Invariant(
            $"{engine.Name} holds a whole batch at once, {network.ValuesHeld:N0} values of each image in {network.Name}: expected at most {most:N0}, got {largestBatch:N0}"));
    }

    private ITrainingEngine? Find(string name) => engines.FirstOrDefault(engine => engine.Name == name);

    private InvalidSpecException NotHere(string engine) =>
        new([new SpecError("engine", $"this host has no engine '{engine}'; it has {string.Join(", ", Names)}")]);
}
