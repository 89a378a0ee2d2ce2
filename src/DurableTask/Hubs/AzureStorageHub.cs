using System.Text.RegularExpressions;
using Azure.Identity;
using Azure.Storage.Blobs;
using DurableTask.AzureStorage;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A task hub in an Azure Storage account, or in Azurite: its queues, tables and blobs have names that begin with the hub's.</summary>
public sealed partial record AzureStorageHub
{
    private static readonly TimeSpan LeastLock = TimeSpan.FromSeconds(15);

    // A step of a federation is a small part of that; what takes longer is read again.
    private static readonly TimeSpan SessionIdle = TimeSpan.FromSeconds(10);

    // After so long at most another node has the partitions of one that was told to stop.
    private static readonly TimeSpan PartitionLook = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A connection string (<c>UseDevelopmentStorage=true</c> is Azurite on this machine), or the https URL of the account's blob service,
    /// where <see cref="DefaultAzureCredential"/> signs in.
    /// </summary>
    public required string Connection { get; init; }

    /// <summary>The hub's name: 3 to 45 letters and digits, a letter first.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Into how many control queues instances are divided, 1 to 16: at most so many processes run orchestrators, activities run on all. A
    /// hub keeps the number that it was made with.
    /// </summary>
    public int Partitions { get; init; } = 4;

    /// <summary>How many activities this process runs at a time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// After how long the work of a process that died is taken up by another. What runs longer is not: its locks are renewed while its
    /// process lives.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long the hub is not looked at, at most, when nothing happens. Longer costs fewer requests and more of the time of a round, whose every step
    /// is a message that another process waits for: Durable Task's own 30 seconds are for hubs that are left idle. At least 50 ms.
    /// </summary>
    public TimeSpan LongestPoll { get; init; } = TaskHub.UsualPoll;

    /// <summary>Whether the hub is known to be divided into so many partitions, and isn't asked before it is used.</summary>
    public bool IsDivided { get; init; }

    /// <summary>Opens the hub. Nothing is sent before it is used.</summary>
    /// <param name="logs">Where Durable Task logs to.</param>
    /// <exception cref="TaskHubException">The name or a number is out of its range, or the connection isn't understood.</exception>
    public TaskHub Open(ILoggerFactory logs)
    {
        CheckName();
        if (Partitions is < 1 or > 16)
            throw new TaskHubException($"{Partitions} partitions: expected 1 to 16");
        if (Parallelism < 1)
            throw new TaskHubException($"{Parallelism} activities at a time: expected 1 or more");
        if (LockTimeout < LeastLock || LockTimeout > TimeSpan.FromMinutes(1))
            throw new TaskHubException($"a lock of {LockTimeout.TotalSeconds} seconds: expected 15 to 60");
        var accounts = Accounts();
        var node = HubNode.NewName();
        var service = new AzureStorageOrchestrationService(Settings(accounts, node, logs));
        return TaskHub.Of(service, new ReachedPlace(new AzureStoragePlace(accounts, service, Name, Partitions, IsDivided), Name), node);
    }

    /// <summary>Into how many partitions the hub is divided; 0 if it is not there.</summary>
    /// <exception cref="TaskHubException">The name or the connection isn't understood, or the account can't be reached.</exception>
    public Task<int> CountPartitionsAsync(CancellationToken cancellationToken)
    {
        CheckName();
        var accounts = Accounts();
        return ReachedPlace.ReachAsync(Name, () => AzureStoragePlace.CountPartitionsAsync(accounts, Name, cancellationToken));
    }

    /// <summary>Decides into how many partitions the hub is divided, unless that is decided. To be called by whoever works on it.</summary>
    /// <param name="partitions">How many, if it is not there yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="TaskHubException">The name or the connection isn't understood, or the account can't be reached, or the hub is another application's.</exception>
    public Task<int> DecidePartitionsAsync(int partitions, CancellationToken cancellationToken)
    {
        CheckName();
        var accounts = Accounts();
        return ReachedPlace.ReachAsync(Name, () => AzureStoragePlace.DecidePartitionsAsync(accounts, Name, partitions, cancellationToken));
    }

    private void CheckName()
    {
        if (!HubName().IsMatch(Name))
            throw new TaskHubException($"'{Name}' is no task hub's name: expected 3 to 45 letters and digits, a letter first");
    }

    private AzureStorageOrchestrationServiceSettings Settings(StorageAccountClientProvider accounts, string node, ILoggerFactory logs) => new()
    {
        StorageAccountClientProvider = accounts,
        TaskHubName = Name,
        WorkerId = node,
        PartitionCount = Partitions,
        MaxConcurrentTaskActivityWorkItems = Parallelism,
        MaxQueuePollingInterval = LongestPoll,
        ControlQueueVisibilityTimeout = LockTimeout,
        WorkItemQueueVisibilityTimeout = LockTimeout,
        LeaseInterval = LockTimeout,
        LeaseRenewInterval = LockTimeout / 3,
        LeaseAcquireInterval = PartitionLook,
        UseAppLease = false, // with it one process would have the whole hub
        UseTablePartitionManagement = true,
        UseInstanceTableEtag = true, // of several who start an instance, one does
        ExtendedSessionsEnabled = true, // an instance's history, and its row, which the line above has it read too, are not read again at its every step
        ExtendedSessionIdleTimeout = SessionIdle,
        ThrowExceptionOnInvalidDedupeStatus = true,
        QueueClientMessageEncoding = QueueClientMessageEncoding.UTF8,
        LoggerFactory = logs,
    };

    private StorageAccountClientProvider Accounts()
    {
        const string expected = "expected UseDevelopmentStorage=true, a storage account's connection string, or https://ACCOUNT.blob.core.windows.net";
        if (!Uri.TryCreate(Connection, UriKind.Absolute, out var uri))
        {
            try
            {
                _ = new BlobServiceClient(Connection); // the provider would find out later
                return new StorageAccountClientProvider(Connection);
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
            {
                // Without the cause, whose message may repeat a part of the connection.
                throw new TaskHubException($"the task hub's connection isn't understood: {expected}");
            }
        }

        if (uri.Scheme != Uri.UriSchemeHttps || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || !uri.Host.Contains(".blob.", StringComparison.Ordinal))
            throw new TaskHubException($"the task hub's URL isn't understood: {expected}");
        return new StorageAccountClientProvider(uri, Service(uri, "queue"), Service(uri, "table"), new DefaultAzureCredential());
    }

    private static Uri Service(Uri blobs, string service) =>
        new UriBuilder(blobs) { Host = blobs.Host.Replace(".blob.", $".{service}.", StringComparison.Ordinal) }.Uri;

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9]{2,44}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}
