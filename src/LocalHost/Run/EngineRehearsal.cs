using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Run;

/// <summary>
/// Has what trains and evaluates a federation's network compiled while its data is read: its first round would wait for it. What fails here
/// fails again where it is needed, and is reported there.
/// </summary>
internal static class EngineRehearsal
{
    // What is larger takes longer to compute than to compile.
    private const long MostValues = 1 << 20;

    /// <summary>Begins, and does not wait.</summary>
    /// <param name="spec">The federation's spec.</param>
    /// <param name="networks">What it can name.</param>
    public static void Begin(FederationSpec spec, NetworkRegistry networks)
    {
        if (Environment.ProcessorCount > 1)
            _ = Task.Run(() => Run(new LanesTrainingEngine(), spec, networks));
    }

    /// <summary>Trains on a black image, and looks at it.</summary>
    private static void Run(LanesTrainingEngine engine, FederationSpec spec, NetworkRegistry networks)
    {
        if (spec.Engine != "auto" && spec.Engine != engine.Name)
            return;
        var network = networks.Get(spec.Network).Usual;
        if (engine.WhyNot(network) is not null || network.ValuesHeld > MostValues)
            return;
        var black = new ImageExamples(new byte[network.Input.RecordLength], network.Input, network.Classes);
        var options = TrainingOptions.Of(TrainingPlan.Of(spec, round: 1));
        using var session = engine.StartTraining(new TrainingTask(network, network.Initialize(spec.Seed), black, options, spec.Seed, Round: 1, Client: 0));
        session.TrainEpoch(CancellationToken.None);
        engine.Evaluate(network, session.GetParameters(), black, CancellationToken.None);
    }
}
