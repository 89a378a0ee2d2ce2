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
    private const double LeastSecondsOfCohort = 0.05;
    private const int CoresToKeepBusy = 16;

    private const double SecondsOfClient = 0.001;
    private const double FlopsASecond = 1e11;

    // Forward, and the gradients of input and parameters; each a multiplication and an addition.
    private const int FlopsOfMultiplyAdd = 6;

    /// <param name="training">What the round asks of a client.</param>
    /// <param name="network">The network.</param>
    /// <param name="clients">The clients that train.</param>
    /// <returns>1 to 64.</returns>
    public static int Of(TrainingPlan training, Network network, IReadOnlyList<ClientPartition> clients)
    {
        var examples = clients.Count == 0 ? 0 : clients.Average(client => client.TrainExamples);
        var seconds = SecondsOfClient + (examples * training.Epochs * network.MultiplyAdds * FlopsOfMultiplyAdd / FlopsASecond);
        var most = SecondsOfCohort / seconds;
        var spread = Math.Max((double)clients.Count / CoresToKeepBusy, LeastSecondsOfCohort / seconds);
        return Even((int)Math.Clamp(Math.Min(most, spread), 1, SelectionTree.FanOut));
    }

    /// <summary>As many cohorts of a full leaf, of one size.</summary>
    private static int Even(int size)
    {
        var cohorts = (SelectionTree.FanOut + size - 1) / size;
        return (SelectionTree.FanOut + cohorts - 1) / cohorts;
    }
}
