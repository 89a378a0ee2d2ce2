namespace FlDurable.Azurite;

/// <summary>A running Azurite: the blob, queue and table services of two storage accounts.</summary>
public interface IStorageEmulator : IAsyncDisposable
{
    /// <summary>How to connect, the same after every start.</summary>
    string ConnectionString { get; }

    /// <summary>How to connect to the account of another organisation.</summary>
    string AnotherConnectionString { get; }

    /// <summary>Ends it as SIGTERM does. What it has acknowledged stays.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>Starts it again where it was stopped: same addresses, same content.</summary>
    Task StartAsync(CancellationToken cancellationToken);
}
