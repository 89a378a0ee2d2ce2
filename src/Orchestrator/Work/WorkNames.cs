using System.Globalization;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Work;

/// <summary>The names of offers and of the events by which their ends are told.</summary>
internal static class WorkNames
{
    /// <summary>An offer's id: no other offer of any federation has it.</summary>
    /// <param name="federation">The federation.</param>
    /// <param name="round">The round.</param>
    /// <param name="attempt">The attempt at the round.</param>
    /// <param name="phase">Training or evaluating.</param>
    /// <param name="first">The cohort's first client.</param>
    /// <param name="offer">How often the cohort's work was offered, from 1.</param>
    public static string Work(string federation, int round, int attempt, RoundPhase phase, int first, int offer) =>
        FormattableString.Invariant($"{federation}:{round}-{attempt}:{phase.Name}-{first}:{offer}");

    /// <summary>What the ids of all offers of a phase of an attempt at a round begin with.</summary>
    public static string Offers(string federation, int round, int attempt, RoundPhase phase) =>
        FormattableString.Invariant($"{federation}:{round}-{attempt}:{phase.Name}-");

    /// <summary>The event that tells an offer's end, within the instance that waits for it.</summary>
    public static string Event(RoundPhase phase, int first, int offer) => FormattableString.Invariant($"work-{phase.Name}-{first}-{offer}");

    /// <summary>The event that tells of an offer by its id; null if this is none.</summary>
    public static string? EventOf(string work) => work.Split(':') is [_, _, var cohort, var offer] ? $"work-{cohort}-{offer}" : null;

    /// <summary>The first client of an offer's cohort, by its id.</summary>
    public static int FirstOf(string work) => int.Parse(work.Split(':')[2].Split('-')[1], CultureInfo.InvariantCulture);

    /// <summary>The federation of an offer's id.</summary>
    public static string FederationOf(string work) => work.Split(':')[0];
}
