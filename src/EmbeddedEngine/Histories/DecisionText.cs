using FlDurable.Shared.Texts;

namespace FlDurable.EmbeddedEngine.Histories;

/// <summary>Decisions in words, for whoever must find out why a replay went another way.</summary>
internal static class DecisionText
{
    private const int MaxInputLength = 200;

    public static string Of(Decision decision) => decision switch
    {
        ActivityScheduled activity => $"activity '{activity.Name}' (task {activity.Task}) with input {Excerpt.Of(activity.Input, MaxInputLength)}",
        ChildStarted child =>
            $"orchestrator '{child.Name}' as '{child.InstanceId}' (task {child.Task}) with input {Excerpt.Of(child.Input, MaxInputLength)}",
        TimerCreated { Wait: { } wait } timer => $"a wait of {wait} (task {timer.Task})",
        TimerCreated timer => $"a timer for {timer.FireAt:O} (task {timer.Task})",
        TimerCancelled timer => $"the cancelling of timer {timer.Task}",
        _ => throw new ArgumentOutOfRangeException(nameof(decision), decision, "a decision of no known kind"),
    };
}
