using Microsoft.AspNetCore.Http;

namespace FlDurable.Api.Work;

/// <summary>Causes for which only workers' requests are not done; docs/sites.md lists them.</summary>
internal static class WorkProblems
{
    /// <summary>The lease is none, has expired, is another site's, or nobody waits for the work any more.</summary>
    public static ProblemKind LeaseOver { get; } = new("lease-over", StatusCodes.Status410Gone, "The lease is over");

    /// <summary>Another process of the site has its work.</summary>
    public static ProblemKind AnotherProcess { get; } = new("another-process", StatusCodes.Status409Conflict, "Another worker process of the site is at work");

    /// <summary>What came of work can't be taken.</summary>
    public static ProblemKind Refused { get; } = new("work-refused", StatusCodes.Status422UnprocessableEntity, "What came of the work is refused");

    /// <summary>The upload does not go on where the one before ended.</summary>
    public static ProblemKind NotNext { get; } = new("not-next", StatusCodes.Status416RangeNotSatisfiable, "The upload goes on elsewhere");
}
