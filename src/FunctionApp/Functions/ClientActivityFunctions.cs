using FlDurable.DurableTask.Adapters;
using FlDurable.Shared.Contracts;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Functions;

/// <summary>The activities that need a training engine.</summary>
public sealed class ClientActivityFunctions(ActivityRunner activities)
{
    /// <summary>Trains a cohort's clients.</summary>
    [Function(nameof(Activities.TrainClient))]
    public Task<PartResult> TrainClient([ActivityTrigger] CohortInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.TrainClient, input, cancellationToken);

    /// <summary>Lets a cohort's clients judge the global parameters.</summary>
    [Function(nameof(Activities.EvaluateClient))]
    public Task<PartResult> EvaluateClient([ActivityTrigger] CohortInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.EvaluateClient, input, cancellationToken);

    /// <summary>Judges the global parameters on the central test set.</summary>
    [Function(nameof(Activities.EvaluateGlobal))]
    public Task<EvaluateGlobalResult> EvaluateGlobal([ActivityTrigger] EvaluateGlobalInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(Activities.EvaluateGlobal, input, cancellationToken);
}
