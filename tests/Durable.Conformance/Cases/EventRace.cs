using FlDurable.Orchestrator.Durable;

namespace FlDurable.Durable.Conformance.Cases;

/// <summary>An event against the clock.</summary>
internal static class EventRace
{
    /// <returns>The event's payload, or <c>nothing</c> if it did not come in time.</returns>
    public static async Task<string> RunAsync(IOrchestrationContext context, int seconds)
    {
        using var over = new CancellationTokenSource();
        var timer = context.CreateTimer(context.CurrentUtcDateTime.AddSeconds(seconds), over.Token);
        var answer = context.WaitForExternalEvent<string>("answer", over.Token);
        context.SetCustomStatus("waiting");
        var winner = await Task.WhenAny(timer, answer);
        over.Cancel();
        return winner == answer ? await answer : "nothing";
    }
}
