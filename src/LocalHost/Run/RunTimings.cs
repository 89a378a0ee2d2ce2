using System.Diagnostics;
using FlDurable.Shared.Rounds;

namespace FlDurable.LocalHost.Run;

/// <summary>
/// What a run's time went into, from the start of its process on. At a moment at which some clients train and others evaluate, it is
/// training; what neither does is what the federation costs beside them.
/// </summary>
internal sealed class RunTimings
{
    private readonly Lock gate = new();
    private readonly List<(RoundPhase Phase, TimeSpan Begin, TimeSpan End)> work = [];
    private readonly long read = Stopwatch.GetTimestamp();
    private readonly TimeSpan readAfter;
    private TimeSpan launch;

    public RunTimings()
    {
        using var process = Process.GetCurrentProcess();
        readAfter = DateTime.Now - process.StartTime;
    }

    private TimeSpan Now => readAfter + Stopwatch.GetElapsedTime(read);

    /// <summary>The process has started, and turns to its federation.</summary>
    public void Launch() => launch = Now;

    /// <summary>An engine begins to work; the end is when the answer is disposed of.</summary>
    public IDisposable Begin(RoundPhase phase) => new Work(this, phase, Now);

    /// <summary>Writes where the time went until now.</summary>
    public void WriteTo(TextWriter writer)
    {
        var end = Now;
        writer.WriteLine(Line(end, "from the start of the process on, of which"));
        lock (gate)
        {
            foreach (var (time, what) in Breakdown(launch, work, end))
                writer.WriteLine(Line(time, what));
        }
    }

    /// <summary>The parts of a run's time, in order; together they are all of it.</summary>
    internal static IReadOnlyList<(TimeSpan Time, string What)> Breakdown(
        TimeSpan launch, IReadOnlyList<(RoundPhase Phase, TimeSpan Begin, TimeSpan End)> work, TimeSpan end)
    {
        var training = Covered(work.Where(one => one.Phase == RoundPhase.Fit));
        var working = Covered(work);
        var first = work.Count == 0 ? end : work.Min(one => one.Begin);
        var last = work.Count == 0 ? end : work.Max(one => one.End);
        return
        [
            (launch, "start-up"),
            (first - launch, "data set, launch, first parameters"),
            (training, "training"),
            (working - training, "evaluation"),
            (last - first - working, "aggregation, records, history"),
            (end - last, "result"),
        ];
    }

    /// <summary>How long at least one of them was at work.</summary>
    private static TimeSpan Covered(IEnumerable<(RoundPhase Phase, TimeSpan Begin, TimeSpan End)> work)
    {
        var (covered, until) = (TimeSpan.Zero, TimeSpan.Zero);
        foreach (var (_, begin, end) in work.OrderBy(one => one.Begin))
        {
            if (end <= until)
                continue;
            covered += end - (begin > until ? begin : until);
            until = end;
        }

        return covered;
    }

    private static string Line(TimeSpan time, string what) => FormattableString.Invariant($"{time.TotalSeconds,7:f2} s {what}");

    private void Add(RoundPhase phase, TimeSpan begin)
    {
        lock (gate)
            work.Add((phase, begin, Now));
    }

    private sealed class Work(RunTimings timings, RoundPhase phase, TimeSpan begin) : IDisposable
    {
        public void Dispose() => timings.Add(phase, begin);
    }
}
