using FlDurable.Shared.Failures;

namespace FlDurable.EmbeddedEngine.Isolation;

/// <summary>What a child process is to run; one line of its standard input.</summary>
internal sealed record ActivityRequest(string Activity, string Input);

/// <summary>What came of it, exactly one of the two; the last line of its standard output.</summary>
internal sealed record ActivityAnswer(string? Output, ActivityFailure? Failure);

/// <summary>Why it failed.</summary>
internal sealed record ActivityFailure(string Reason, FailureKind Kind);
