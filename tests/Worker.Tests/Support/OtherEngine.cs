using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Worker.Tests.Support;

/// <summary>An engine that does something else before each epoch, and goes by another's name.</summary>
internal sealed class OtherEngine(ITrainingEngine engine, Action<CancellationToken> beforeEpoch, string? name = null) : ITrainingEngine
{
    private int epochs;

    public string Name => name ?? engine.Name;

    /// <summary>How many epochs were begun.</summary>
    public int Epochs => epochs;

    /// <summary>Puts it in the place of a worker's engines.</summary>
    public static Action<IServiceCollection> Replacing(Action<CancellationToken> beforeEpoch, Action<OtherEngine>? made = null) => Replacing(beforeEpoch, made, name: null);

    /// <summary>The only engine that a worker has, under another name.</summary>
    public static Action<IServiceCollection> Named(string name) => Replacing(_ => { }, made: null, name);

    private static Action<IServiceCollection> Replacing(Action<CancellationToken> beforeEpoch, Action<OtherEngine>? made, string? name) => services =>
    {
        var lanes = services.First(service => service.ServiceType == typeof(ITrainingEngine));
        foreach (var other in services.Where(service => service.ServiceType == typeof(ITrainingEngine)).ToList())
            services.Remove(other);
        services.AddSingleton<ITrainingEngine>(provider =>
        {
            var own = lanes.ImplementationInstance ?? lanes.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, lanes.ImplementationType!);
            var engine = new OtherEngine((ITrainingEngine)own, beforeEpoch, name);
            made?.Invoke(engine);
            return engine;
        });
    };

    public string? WhyNot(Network network) => engine.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task) => new Session(this, engine.StartTraining(task));

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        engine.Evaluate(network, parameters, examples, cancellationToken);

    private sealed class Session(OtherEngine engine, ITrainingSession session) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref engine.epochs);
            engine.Before(cancellationToken);
            return session.TrainEpoch(cancellationToken);
        }

        public ModelParameters GetParameters() => session.GetParameters();

        public void Dispose() => session.Dispose();
    }

    private void Before(CancellationToken cancellationToken) => beforeEpoch(cancellationToken);
}
