using System.Text.Json.Serialization;

namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>A piece of a random program over the port. Programs are free of races: what they do does not depend on timing.</summary>
[JsonDerivedType(typeof(ActivityStep), "activity")]
[JsonDerivedType(typeof(TimerStep), "timer")]
[JsonDerivedType(typeof(EventStep), "event")]
[JsonDerivedType(typeof(ChildStep), "child")]
[JsonDerivedType(typeof(SequenceStep), "sequence")]
[JsonDerivedType(typeof(ParallelStep), "parallel")]
[JsonDerivedType(typeof(CatchStep), "catch")]
[JsonDerivedType(typeof(DeadlineStep), "deadline")]
public abstract record Step;

/// <summary>Runs an activity, or one that fails at every one of its attempts, which are a second apart.</summary>
public sealed record ActivityStep(int Id, int FailedAttempts) : Step;

/// <summary>Waits for seconds.</summary>
public sealed record TimerStep(int Seconds) : Step;

/// <summary>Waits for an event of its own.</summary>
public sealed record EventStep(int Id) : Step;

/// <summary>Runs a program as a child.</summary>
public sealed record ChildStep(int Id, Step Body) : Step;

/// <summary>One after another, up to the first that fails.</summary>
public sealed record SequenceStep(IReadOnlyList<Step> Steps) : Step;

/// <summary>All at a time; if some fail, the first of them in order is the failure.</summary>
public sealed record ParallelStep(IReadOnlyList<Step> Steps) : Step;

/// <summary>Goes on after a failure.</summary>
public sealed record CatchStep(Step Body) : Step;

/// <summary>An activity against a timer that is then cancelled: in virtual time the activity wins.</summary>
public sealed record DeadlineStep(int Id, bool Fails, int Seconds) : Step;

/// <summary>Executions, each of which continues as the next.</summary>
/// <param name="Executions">What each execution does.</param>
/// <param name="Next">Which is next.</param>
/// <param name="Result">What those before have given.</param>
/// <param name="Start">When the first began.</param>
public sealed record ProgramState(IReadOnlyList<Step> Executions, int Next, string Result, DateTime? Start = null);

/// <summary>How a program ended.</summary>
/// <param name="Output">What it gave, or null.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Activities">The ids of the activities that it ran.</param>
public sealed record ProgramOutcome(string? Output, string? Failure, string Activities)
{
    public static string Ids(IEnumerable<int> activities) => string.Join(' ', activities.Distinct().Order());
}
