using FlDurable.Durable.Conformance.Cases;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Durable.Conformance;

/// <summary>What every engine promises (DESIGN.md §3), as small orchestrations with their outcomes.</summary>
public static class ConformanceSuite
{
    /// <summary>The cases.</summary>
    public static IReadOnlyList<ConformanceCase> Cases { get; } =
    [
        new Sequence(),
        new FanOut(),
        new NestedOrchestrations(),
        new RetriesThatSucceed(),
        new RetriesThatAreSpent(),
        new FailurePassesUp(),
        new FailureIsCaught(),
        new TimerFires(),
        new TimerWinsOverEvent(),
        new EventWinsOverTimer(),
        new EarlyEvent(),
        new LateEvent(),
        new ContinueAsNew(),
        new Terminate(),
        new SuspendAndResume(),
        new CustomStatus(),
        new MessagesOverTheLimit(),
        new DeterministicGuid(),
        new DeterministicTime(),
        new FailedAndRestarted(),
        new VersionMismatch(),
        new VersionTakeOver(),
    ];

    /// <summary>Adds all orchestrators and activities of the cases to a host.</summary>
    public static IServiceCollection AddCases(this IServiceCollection services)
    {
        foreach (var each in Cases)
            each.AddTo(services);
        return services;
    }
}
