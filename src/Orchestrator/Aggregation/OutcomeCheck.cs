using System.Globalization;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// What a client says of its work, held against what is known of the client and against what can be. A client is believed nothing that
/// others would pay for: what doesn't hold is its named failure, and what holds can be averaged with the others'.
/// </summary>
internal sealed class OutcomeCheck(ResolvedSpec spec, Network network, ClientPlan? plan, int round, int attempt, RoundPhase phase)
{
    /// <summary>A manifest of 64 clients that say all they may is a third of it.</summary>
    public const long MaxManifestBytes = 1 << 20;

    private const double MaxSeconds = 366 * 24 * 3600.0;

    private static readonly System.Buffers.SearchValues<char> Hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// The most that a loss before training counts for: that of parameters that have diverged. Whoever says more has no more of the average. An
    /// update may be weighed by it, so its logarithm is one that is the same on every machine.
    /// </summary>
    private readonly double mostInitialLoss = Divergence.TimesGuessing * Power.Logarithm(Math.Max(2, network.Classes));

    /// <summary>What is wrong with a reference to an artifact, for a person; null if nothing is.</summary>
    /// <param name="reference">What somebody says that it has written.</param>
    /// <param name="name">The name under which it was to write it.</param>
    /// <param name="maxBytes">The most that it may have; null where that is its reader's to say.</param>
    public static string? FindProblem(ArtifactReference? reference, string name, long? maxBytes)
    {
        if (reference is null)
            return "there is none";
        if (reference.Name != name || reference.Account is not null)
            return $"it is said to be '{Reasons.Shorten(reference.Name, 100)}', expected '{name}'";
        if (reference.Length < 0 || reference.Length > maxBytes)
            return FormattableString.Invariant($"it is said to have {reference.Length} bytes, expected at most {maxBytes}");
        return reference.Sha256.Length == 64 && !reference.Sha256.AsSpan().ContainsAnyExcept(Hexadecimal)
            ? null
            : "its SHA-256 is not 64 hexadecimal digits";
    }

    /// <summary>A client's outcome as it may count.</summary>
    /// <param name="client">The client.</param>
    /// <param name="said">What its cohort's manifest says of it.</param>
    public ClientOutcome Of(ClientPartition client, ClientOutcome? said)
    {
        if (said is null || said.Client != client.Client)
            return Failed(client.Client, $"its manifest names '{Reasons.Shorten(said?.Client ?? "", 100)}' in its place");
        if (said.Failure is { } failure)
            return Failed(client.Client, failure.Reason);
        return FindProblem(client, said) is { } reason
            ? Rejected(client.Client, reason)
            : said with
            {
                Update = phase.HasUpdates ? said.Update : null,
                UpdateNorm = null,
                Steps = plan is { CountsSteps: true } ? said.Steps : null,
                InitialLoss = plan is { MeasuresInitialLoss: true } && said.InitialLoss is { } loss ? Math.Min(loss, mostInitialLoss) : null,
                State = plan is { KeepsState: true } ? said.State : null,
            };
    }

    /// <summary>A client that has failed.</summary>
    public ClientOutcome Failed(string client, string reason) =>
        new(client, 0, 0, Failure: new ClientFailure(client, phase.Activity, Reasons.Shorten(reason, ClientFailure.MaxReasonBytes)));

    /// <summary>A client whose result is there but can't count.</summary>
    public ClientOutcome Rejected(string client, string reason) =>
        Failed(client, $"{(phase.HasUpdates ? "the update" : "the evaluation")} is rejected: {reason}");

    private string? FindProblem(ClientPartition client, ClientOutcome said)
    {
        var has = phase.HasUpdates ? client.TrainExamples : client.ValidationExamples;
        if (said.Examples < 1 || said.Examples > has)
            return FormattableString.Invariant($"{(phase.HasUpdates ? "trained" : "evaluated")} on {said.Examples} examples, expected 1 to the {has} that it has");
        if (said.Seconds is not (>= 0 and <= MaxSeconds))
            return FormattableString.Invariant($"it took {said.Seconds:G4} seconds, expected 0 to {MaxSeconds:F0}");
        if (said.Metrics is null)
            return "it has no metrics";
        return said.Metrics.Problem ?? (phase.HasUpdates
            ? FindProblemOfPlan(client, said, (int)said.Examples) ?? FindProblem(said.Update, ArtifactNames.Update(spec.Id, round, attempt, client.Client), maxBytes: null)
            : null);
    }

    /// <summary>What the strategy weighs an update by is believed as far as it can be.</summary>
    private string? FindProblemOfPlan(ClientPartition client, ClientOutcome said, int examples)
    {
        var training = TrainingPlan.Of(spec.Spec, round);
        if (plan is { CountsSteps: true } && LocalSteps.Count(training.Epochs, training.BatchSize, network, examples) is var expected && said.Steps != expected)
            return FormattableString.Invariant($"it has taken {said.Steps?.ToString(CultureInfo.InvariantCulture) ?? "no number of"} steps, expected the {expected} of its epochs over {examples} examples");
        if (plan is { KeepsState: true }
            && FindProblem(said.State, ArtifactNames.UpdateState(spec.Id, round, attempt, client.Client), maxBytes: null) is { } problem)
        {
            return $"what it keeps can't be used: {problem}";
        }

        return plan is { MeasuresInitialLoss: true } && (said.InitialLoss is not { } loss || new Metrics(loss, 0).Problem is not null)
            ? "it has not measured the global parameters' loss before it trained"
            : null;
    }
}
