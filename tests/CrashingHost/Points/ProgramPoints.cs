namespace FlDurable.CrashingHost.Points;

/// <summary>Where a process is: each point has a name that it has in every run.</summary>
/// <param name="onReached">Is told each point; may not come back.</param>
internal sealed class ProgramPoints(Action<ProgramPoint> onReached)
{
    private readonly Lock gate = new();
    private string lastDone = "start";
    private int commits;

    /// <summary>An activity has ended.</summary>
    public void Done(string activity)
    {
        lock (gate)
            lastDone = activity;
    }

    /// <summary>A step of a file's way to the disk is next.</summary>
    public void BeforeFileStep(string step, string artifact)
    {
        lock (gate)
            onReached(new ProgramPoint(commits, $"store/before-{step}", artifact));
    }

    /// <summary>The engine is at one of its crash points.</summary>
    public void AtCrashPoint(string name)
    {
        lock (gate)
        {
            onReached(new ProgramPoint(commits, name, $"after {lastDone}"));
            if (name == EmbeddedEngine.CrashPoints.AfterCommit)
                commits++;
        }
    }
}

/// <summary>A point on the way of a process.</summary>
/// <param name="Commits">How many commits were before it.</param>
/// <param name="Name">What happens there.</param>
/// <param name="Subject">To what: an artifact's name, or the activity after which it happens.</param>
internal sealed record ProgramPoint(int Commits, string Name, string Subject)
{
    /// <summary>The same for the same point of every run.</summary>
    public string Key => $"{Name} {Subject}";

    public static ProgramPoint Parse(string line) =>
        line.Split('\t') is [var commits, var name, var subject]
            ? new ProgramPoint(int.Parse(commits, provider: null), name, subject)
            : throw new FormatException($"'{line}' is no point");

    public override string ToString() => $"{Commits}\t{Name}\t{Subject}";
}
