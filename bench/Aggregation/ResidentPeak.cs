namespace FlDurable.Bench.Aggregation;

/// <summary>The most memory of this process that is resident from now on, looked at every two milliseconds.</summary>
internal sealed class ResidentPeak : IDisposable
{
    private readonly long start = Environment.WorkingSet;
    private readonly Thread looking;
    private volatile bool isOver;
    private long most;

    public ResidentPeak()
    {
        looking = new Thread(Look) { IsBackground = true };
        looking.Start();
    }

    /// <summary>Bytes above what was resident at first.</summary>
    public long AboveStart() => Math.Max(0, Interlocked.Read(ref most) - start);

    public void Dispose()
    {
        isOver = true;
        looking.Join();
    }

    private void Look()
    {
        while (!isOver)
        {
            Interlocked.Exchange(ref most, Math.Max(Interlocked.Read(ref most), Environment.WorkingSet));
            Thread.Sleep(2);
        }
    }
}
