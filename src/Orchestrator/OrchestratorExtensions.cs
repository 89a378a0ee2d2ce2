using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Notifications;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator;

/// <summary>Adds this room to a host.</summary>
public static class OrchestratorExtensions
{
    /// <summary>
    /// Adds the orchestrators, the server's activities, <see cref="FederationLauncher"/>, <see cref="FederationControl"/>,
    /// <see cref="FederationRetry"/> and <see cref="RoundWatch"/>, which a host asks for when it starts: it counts from then. The host adds an <c>IArtifactStore</c>, an
    /// <c>IDatasetLibrary</c>, a <c>NetworkRegistry</c>, an <c>IEngineCatalog</c>, a <c>TimeProvider</c> and a durable engine.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="notifications">How others are told that federations are over; null where nobody is.</param>
    public static IServiceCollection AddFederations(this IServiceCollection services, NotificationSettings? notifications = null) => services
        .AddSingleton(Orchestrations.Version)
        .AddOrchestrator<FederationOrchestrator, FederationState, ArtifactReference>(Orchestrations.Federation)
        .AddOrchestrator<RoundOrchestrator, RoundInput, RoundOutcome>(Orchestrations.Round)
        .AddOrchestrator<LeafOrchestrator, LeafInput, PartResult>(Orchestrations.Leaf)
        .AddActivity<PrepareDataset, FederationInput, PrepareDatasetResult>(Activities.PrepareDataset)
        .AddActivity<InitializeModel, FederationInput, ArtifactReference>(Activities.InitializeModel)
        .AddActivity<SelectClients, SelectClientsInput, SelectClientsResult>(Activities.SelectClients)
        .AddActivity<AggregateLeaf, AggregateLeafInput, PartResult>(Activities.AggregateLeaf)
        .AddActivity<MergeSubtrees, MergeSubtreesInput, PartResult>(Activities.MergeSubtrees)
        .AddActivity<AggregateUpdates, AggregateUpdatesInput, AggregateUpdatesResult>(Activities.AggregateUpdates)
        .AddActivity<FindOutliers, FindOutliersInput, FindOutliersResult>(Activities.FindOutliers)
        .AddActivity<RecordRound, RecordRoundInput, RecordRoundResult>(Activities.RecordRound)
        .AddActivity<FindRound, FindRoundInput, FindRoundResult>(Activities.FindRound)
        .AddActivity<CleanUpRound, CleanUpRoundInput, bool>(Activities.CleanUpRound)
        .AddActivity<CompleteFederation, CompleteFederationInput, ArtifactReference>(Activities.CompleteFederation)
        .AddOrchestrator<NotificationOrchestrator, Notification, bool>(Orchestrations.Notification)
        .AddActivity<BeginNotification, Notification, bool>(Activities.BeginNotification)
        .AddActivity<SendNotification, Notification, bool>(Activities.SendNotification)
        .AddSingleton(notifications ?? NotificationSettings.None)
        .AddSingleton<NotificationSender>()
        .AddStrategies()
        .AddSelections()
        .AddAttacks()
        .AddSingleton<FederationLauncher>()
        .AddSingleton<FederationControl>()
        .AddSingleton<FederationRetry>()
        .AddSingleton(provider =>
        {
            var time = provider.GetRequiredService<TimeProvider>();
            return new RoundWatch(
                provider.GetRequiredService<IArtifactStore>(), provider.GetRequiredService<IOrchestrationClient>().GetInstancesAsync, time,
                provider.GetService<IWorkSigns>(), time.GetUtcNow());
        });
}
