namespace FlDurable.Bench;

/// <summary>An engine that runs the no-op work.</summary>
internal interface IBenchedEngine : IAsyncDisposable
{
    /// <summary>Begins to work.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Runs an instance, and measures how long it takes.</summary>
    Task<TimeSpan> TimeAsync(string orchestrator, int input, string instanceId, CancellationToken cancellationToken);
}
