using DotNet.Testcontainers.Builders;

namespace FlDurable.Azurite;

/// <summary>The storage that tests run against: a real one, never a fake.</summary>
public sealed class TestStorage : IAsyncDisposable
{
    /// <summary>Holds the connection string of a storage account, or of an Azurite that runs already.</summary>
    public const string Variable = "FLDURABLE_TEST_STORAGE";

    private readonly IStorageEmulator? emulator;

    private TestStorage(string connectionString, IStorageEmulator? emulator)
    {
        ConnectionString = connectionString;
        this.emulator = emulator;
    }

    /// <summary>How to connect.</summary>
    public string ConnectionString { get; }

    /// <summary>Opens what <see cref="Variable"/> names, else starts an emulator.</summary>
    public static async Task<TestStorage> OpenAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } connectionString)
            return new TestStorage(connectionString, emulator: null);
        var emulator = await StartEmulatorAsync(cancellationToken);
        return new TestStorage(emulator.ConnectionString, emulator);
    }

    /// <summary>Starts an emulator of the test's own, which it may stop: in Docker where a daemon answers, else with npm's package.</summary>
    /// <exception cref="InvalidOperationException">Neither is there.</exception>
    public static async Task<IStorageEmulator> StartEmulatorAsync(CancellationToken cancellationToken)
    {
        IStorageEmulator emulator;
        try
        {
            emulator = new AzuriteContainer();
        }
        catch (DockerUnavailableException)
        {
            emulator = new AzuriteProcess(await AzuritePackage.InstallAsync(cancellationToken));
        }

        try
        {
            await emulator.StartAsync(cancellationToken);
            return emulator;
        }
        catch
        {
            await emulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the emulator, if one was started.</summary>
    public ValueTask DisposeAsync() => emulator?.DisposeAsync() ?? ValueTask.CompletedTask;
}
