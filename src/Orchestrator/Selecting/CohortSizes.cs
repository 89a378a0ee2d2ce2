using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>
/// How many clients one activity handles where the spec leaves it open: as many as make about a quarter of a second on one core, by their examples.
/// What an activity costs besides is then little of it, and what is lost with a host that dies is, too. It changes no bit, and follows from spec and
/// selection alone, so that every host says the same.
/// </summary>
internal static class CohortSizes
{
    private const double SecondsOfCohort = 0.25;

    // Cohorts as long as that are not joined where a selection has fewer than a large machine has cores.
    private const double LeastSecondsOfTraining = 0.05;
    private const double LeastSecondsOfEvaluation = 0.02;
    private const int CoresToKeepBusy = 16;

    private const double FlopsASecond = 1e11;

    // What a client costs beside its examples. To evaluate, the engine is given many clients' together.
    private const double SecondsToTrain = 0.001;
    private const double SecondsToEvaluate = 0.0001;

    // A multiplication and an addition; in training also for the gradients of input and parameters.
    private const int FlopsOfMultiplyAdd = 2;
    private const int FlopsOfTraining = 3 * FlopsOfMultiplyAdd;

    /// <summary>The size where clients train.</summary>
    /// <param name="training">What the round asks of a client.</param>
    /// <param name="network">The network.</param>
    /// <param name="clients">The clients that train.</param>
    /// <returns>1 to 64.</returns>
    public static int OfTraining(TrainingPlan training, Network network, IReadOnlyList<ClientPartition> clients)
    {
        var examples = clients.Count == 0 ? 0 : clients.Average(client => client.TrainExamples);
        return Of(clients.Count, SecondsToTrain + (examples * training.Epochs * network.MultiplyAdds * FlopsOfTraining / FlopsASecond), LeastSecondsOfTraining);
    }

    /// <summary>The size where clients evaluate.</summary>
    /// <param name="network">The network.</param>
    /// <param name="clients">The clients that evaluate.</param>
    /// <returns>1 to 64.</returns>
    public static int OfEvaluation(Network network, IReadOnlyList<ClientPartition> clients)
    {
        var examples = clients.Count == 0 ? 0 : clients.Average(client => client.ValidationExamples);
        return Of(clients.Count, SecondsToEvaluate + (examples * network.MultiplyAdds * FlopsOfMultiplyAdd / FlopsASecond), LeastSecondsOfEvaluation);
    }

    private static int Of(int clients, double secondsOfClient, double leastSecondsOfCohort)
    {
        var most = SecondsOfCohort / secondsOfClient;
        var spread = Math.Max((double)clients / CoresToKeepBusy, leastSecondsOfCohort / secondsOfClient);
        return Even((int)Math.Clamp(Math.Min(most, spread), 1, SelectionTree.FanOut));
    }

    /// <summary>As many cohorts of a full leaf, of one size.</summary>
    private static int Even(int size)
    {
        var cohorts = (SelectionTree.FanOut + size - 1) / size;
        return (SelectionTree.FanOut + cohorts - 1) / cohorts;
    }
}
