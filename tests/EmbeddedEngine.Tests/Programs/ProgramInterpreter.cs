namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>Says how a program ends, without an engine.</summary>
internal sealed class ProgramInterpreter
{
    private readonly List<int> activities = [];

    public static ProgramOutcome Run(IReadOnlyList<Step> executions)
    {
        var interpreter = new ProgramInterpreter();
        var (result, seconds) = ("", 0);
        foreach (var execution in executions)
        {
            var end = interpreter.Run(execution);
            seconds += end.Seconds;
            if (end.Failure is not null)
                return new ProgramOutcome(null, end.Failure, ProgramOutcome.Ids(interpreter.activities));
            result = $"{result}|{end.Value}";
        }

        return new ProgramOutcome($"{result} in {seconds} s", null, ProgramOutcome.Ids(interpreter.activities));
    }

    private End Run(Step step)
    {
        switch (step)
        {
            case ActivityStep { FailedAttempts: 0 } activity:
                activities.Add(activity.Id);
                return new End($"a{activity.Id}", null, 0);
            case ActivityStep activity:
                activities.Add(activity.Id);
                return new End("", $"Act failed: f{activity.Id}", activity.FailedAttempts - 1);
            case TimerStep timer:
                return new End("t", null, timer.Seconds);
            case EventStep raised:
                return new End($"e{raised.Id}", null, 0);
            case ChildStep child:
                var body = Run(child.Body);
                return body.Failure is null ? body with { Value = $"[{body.Value}]" } : body with { Failure = $"Child failed: {body.Failure}" };
            case SequenceStep sequence:
                return RunInSequence(sequence.Steps);
            case ParallelStep parallel:
                var ends = parallel.Steps.Select(Run).ToList();
                return new End(
                    $"{{{string.Join(' ', ends.Select(end => end.Value))}}}",
                    ends.Select(end => end.Failure).FirstOrDefault(failure => failure is not null),
                    ends.Select(end => end.Seconds).DefaultIfEmpty(0).Max());
            case CatchStep caught:
                var tried = Run(caught.Body);
                return tried.Failure is null ? tried : new End($"caught<{tried.Failure}>", null, tried.Seconds);
            case DeadlineStep deadline:
                return Run(new ActivityStep(deadline.Id, deadline.Fails ? 1 : 0));
            default:
                throw new ArgumentOutOfRangeException(nameof(step), step, "no known step");
        }
    }

    private End RunInSequence(IReadOnlyList<Step> steps)
    {
        var values = new List<string>();
        var seconds = 0;
        foreach (var each in steps)
        {
            var end = Run(each);
            seconds += end.Seconds;
            if (end.Failure is not null)
                return end with { Seconds = seconds };
            values.Add(end.Value);
        }

        return new End($"({string.Join(' ', values)})", null, seconds);
    }

    private sealed record End(string Value, string? Failure, int Seconds);
}
