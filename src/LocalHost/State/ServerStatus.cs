using FlDurable.Api;
using FlDurable.LocalHost.Display;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.LocalHost.State;

/// <summary>A federation of a server, for a person.</summary>
internal static class ServerStatus
{
    /// <summary>How far it is, in a line.</summary>
    public static string Line(FederationDetails federation, bool inTens = false) => Printable.Line(
        $"{Word(federation)}, {Figures.Count(Math.Max(0, federation.Progress?.Round ?? 0))} of {Figures.Count(federation.Spec?.Rounds ?? federation.Progress?.Rounds ?? 0, "round")}"
        + (federation.InProgress is { } round ? $"; {StatusCommand.Describe(round, inTens)}" : "") + (federation.Progress?.Doing is { } doing ? $"; {doing}" : "") + (federation.Waiting is { } waiting ? $"; waiting: {waiting}" : ""));

    /// <summary>Its state in a word, as a state folder has it: what is done before the first round is told besides.</summary>
    public static string Word(FederationSummary federation) =>
        federation.Status == OrchestrationRuntimeStatus.Pending ? "running" : federation.Status.ToString().ToLowerInvariant();

    /// <summary>Whether nothing more will happen to it, unless somebody retries it.</summary>
    public static bool IsOver(FederationSummary federation) => FederationReport.IsOverOf(Word(federation));
}
