using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Run;

/// <summary>Lets a run be watched.</summary>
internal static class RunObservation
{
    /// <summary>Tells <paramref name="progress"/> of everything that the federation's activities finish.</summary>
    public static IServiceCollection AddRunObservation(this IServiceCollection services, RunProgress progress) => services
        .ObserveActivity(Activities.SelectClients, progress.Select)
        .ObserveActivity(Activities.TrainClient, progress.Train)
        .ObserveActivity(Activities.AggregateUpdates, progress.Aggregate)
        .ObserveActivity(Activities.EvaluateClient, progress.Evaluate)
        .ObserveActivity(Activities.RecordRound, progress.Record);
}
