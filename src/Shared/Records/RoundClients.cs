using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Records;

/// <summary>
/// Consecutive clients of a round: the content of <c>record/{part}_{seal}.json</c>, where the record itself does not name them. All that is of one client is in one part.
/// </summary>
/// <param name="Participants">Those that trained, in the order of the data set, and then those that only evaluated.</param>
/// <param name="Failures">Every failure of one of them, those of training first.</param>
public sealed record RoundClients(IReadOnlyList<RoundParticipant> Participants, IReadOnlyList<ClientFailure> Failures) : ISealed
{
    /// <summary>So many selected clients are named in one artifact at most: what reads or writes it has that much in memory, whatever the round has.</summary>
    public const int MostTogether = ManifestClients.MostTogether;

    /// <inheritdoc/>
    public string? Seal { get; init; }

    /// <summary>How many there are.</summary>
    public RoundCounts Count() => new(
        Participants.Count,
        Participants.Count(client => client.Examples is not null),
        Participants.Count(client => client.EvaluateExamples is not null),
        Failures.DistinctBy(failure => failure.Client, StringComparer.Ordinal).Count(),
        Failures.Count,
        Participants.Any(client => client.UpdateBytes is not null) ? Participants.Sum(client => client.UpdateBytes) : null);
}

/// <summary>Some clients of a round, which are in an artifact of their own.</summary>
/// <param name="Seal">The seal of their <see cref="RoundClients"/>, which is a part of its name.</param>
/// <param name="Counts">How many they are.</param>
public sealed record RoundRecordPart(string Seal, RoundCounts Counts);

/// <summary>How many clients of a round did what.</summary>
/// <param name="Participants">How many trained, evaluated, or both.</param>
/// <param name="Trained">How many trained.</param>
/// <param name="Evaluated">How many evaluated.</param>
/// <param name="Missing">
/// How many were selected and are missing from training, from evaluation or from both, each counted once; one that trained and is missing from evaluation is also a participant.
/// </param>
/// <param name="Failures">How many failures there were: of one that is missing from training and from evaluation, two.</param>
/// <param name="UpdateBytes">How many bytes the updates have together; null where nobody trained, or where it was not noted.</param>
public sealed record RoundCounts(int Participants, int Trained, int Evaluated, int Missing, int Failures, long? UpdateBytes = null)
{
    /// <summary>Those of several parts together.</summary>
    public static RoundCounts Sum(IEnumerable<RoundCounts> parts) => parts.Aggregate(new RoundCounts(0, 0, 0, 0, 0), (sum, part) => new RoundCounts(
        sum.Participants + part.Participants, sum.Trained + part.Trained, sum.Evaluated + part.Evaluated, sum.Missing + part.Missing, sum.Failures + part.Failures,
        sum.UpdateBytes is null && part.UpdateBytes is null ? null : (sum.UpdateBytes ?? 0) + (part.UpdateBytes ?? 0)));
}
