using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary>Stands for the Torch engine in a build without it, so that whoever asks for it reads how to get it.</summary>
internal sealed class AbsentTorchEngine : ITrainingEngine
{
    private const string Reason = "this build is without TorchSharp; build with -p:Torch=true (docs/engines.md)";

    public string Name => "torch";

    public string WhyNot(Network network) => Reason;

    public ITrainingSession StartTraining(TrainingTask task) => throw new NotSupportedException(Reason);

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        throw new NotSupportedException(Reason);
}

/// <summary>Adds it, by the name of what it stands for.</summary>
internal static class AbsentTorchEngineExtensions
{
    public static IServiceCollection AddTorchEngine(this IServiceCollection services) => services.AddSingleton<ITrainingEngine, AbsentTorchEngine>();
}
