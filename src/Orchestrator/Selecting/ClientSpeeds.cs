using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>How fast clients were, as a round's selection saw it: the content of <c>speeds.json</c>.</summary>
/// <param name="Clients">Those that were in a round so far, by name.</param>
public sealed record ClientSpeeds(IReadOnlyList<ClientSpeed> Clients)
{
    private const int RoundsRemembered = 5;
    private const int PenaltyRounds = 5;
    private const double Forgetting = 0.8;
    private const double Boost = 1.2;
    private const int MostBoosts = 1000; // times as many as a double bears
    private const double LeastSeconds = 1e-3;

    /// <summary>Before anybody was in a round.</summary>
    public static ClientSpeeds None { get; } = new([]);

    /// <summary>These, once a round is recorded. What is measured is what its record says, so that it is the same whenever it is looked at.</summary>
    /// <param name="record">The record.</param>
    /// <param name="parts">The clients of the round, as they are recorded.</param>
    public ClientSpeeds After(RoundRecord record, IReadOnlyList<RoundClients> parts)
    {
        var clients = Clients.ToDictionary(speed => speed.Client, speed => speed with { Missed = speed.Missed + 1, Penalty = Math.Max(0, speed.Penalty - 1) }, StringComparer.Ordinal);
        foreach (var trained in parts.SelectMany(part => part.Participants).Where(participant => participant.Examples is not null))
        {
            var before = clients.GetValueOrDefault(trained.Client)?.Scores ?? [];
            clients[trained.Client] = new ClientSpeed(trained.Client, [Measure(record, trained), .. before.Take(RoundsRemembered - 1)], Missed: 0, Penalty: 0);
        }

        foreach (var failure in parts.SelectMany(part => part.Failures).Where(failure => failure.Activity == RoundPhase.Fit.Activity))
            clients[failure.Client] = new ClientSpeed(failure.Client, clients.GetValueOrDefault(failure.Client)?.Scores ?? [], Missed: 0, PenaltyRounds);
        return new ClientSpeeds([.. clients.Values.Select(speed => speed with { Score = ScoreOf(speed) }).OrderBy(speed => speed.Client, StringComparer.Ordinal)]);
    }

    /// <summary>n (E n / B) / T: examples times steps by seconds.</summary>
    private static double Measure(RoundRecord record, RoundParticipant trained)
    {
        double examples = trained.Examples!.Value;
        var steps = record.Plan is { } plan ? plan.Epochs * examples / plan.BatchSize : 1;
        return examples * steps / Math.Max(trained.Seconds, LeastSeconds);
    }

    /// <summary>The mean of what was measured, older ones counting for less, the more the longer it was not chosen.</summary>
    private static double? ScoreOf(ClientSpeed speed)
    {
        if (speed.Scores.Count == 0)
            return null;
        double sum = 0, weights = 0, weight = 1;
        foreach (var score in speed.Scores)
        {
            sum += weight * score;
            weights += weight;
            weight *= Forgetting;
        }

        var boost = 1.0;
        for (var missed = 0; missed < Math.Min(speed.Missed, MostBoosts); missed++)
            boost *= Boost;
        return boost * sum / weights;
    }
}

/// <summary>How fast one client was.</summary>
/// <param name="Client">Its name.</param>
/// <param name="Scores">What was measured in the last rounds that its update was in, newest first.</param>
/// <param name="Missed">For how many rounds it was not chosen.</param>
/// <param name="Penalty">For how many rounds it is not to be chosen since it failed.</param>
/// <param name="Score">What it is chosen by; null while nothing was measured.</param>
public sealed record ClientSpeed(string Client, IReadOnlyList<double> Scores, int Missed, int Penalty, double? Score = null);
