using Azure.Data.Tables;
using Azure.Storage.Blobs;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Hubs;

/// <summary>What becomes of instances on a hub in Azure Storage where other applications were surprised.</summary>
public sealed class InstancesOfAHubTests(StorageFixture storage) : IAsyncLifetime
{
    private const string Id = "federation:round-1-1";

    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly ActivityDescriptor<int, string> Fail = new("Fail");
    private static readonly ActivityDescriptor<int, string> Give = new("Give");

    private readonly AzureStorageHub hub = storage.NewHub();
    private ServiceProvider node = null!;
    private Func<IOrchestrationContext, int, Task<int>> run = (_, input) => Task.FromResult(input);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IOrchestrationClient Client => node.GetRequiredService<IOrchestrationClient>();

    public async ValueTask InitializeAsync()
    {
        node = new ServiceCollection().AddSingleton(new OrchestrationVersion("1"))
            .AddOrchestratorFunc(Main, (context, input) => run(context, input))
            .AddActivityFunc(Fail, (length, _) => throw new InvalidOperationException(new string('x', length)))
            .AddActivityFunc(Give, (length, _) => Task.FromResult(new string('y', length)))
            .AddTaskHub(hub.Open).BuildServiceProvider();
        await node.GetRequiredService<HubWorker>().StartAsync(Cancel);
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task Terminated_purged_at_once_and_started_again_an_instance_runs_and_its_queue_is_empty_then()
    {
        run = async (context, input) => input == 0 ? await context.WaitForExternalEvent<int>("never") : input;
        for (var time = 0; time < 5; time++)
        {
            await StartAsync(0);
            await Client.TerminateInstanceAsync(Id, "it is over", Cancel);
            Assert.True(await Client.PurgeInstanceAsync(Id, Cancel));
            await Client.TerminateInstanceAsync(Id, "it is no more", Cancel); // is not sent
        }

        await StartAsync(7);
        Assert.Equal("7", (await Client.WaitForInstanceCompletionAsync(Id, Cancel)).SerializedOutput);
        Assert.True(await Client.PurgeInstanceAsync(Id, Cancel));
        while ((await node.GetRequiredService<TaskHub>().ReadQueuesAsync(Cancel)).Any(queue => queue.Messages > 0))
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
    }

    [Fact]
    public async Task A_failure_with_a_text_of_200_KB_is_cut_and_purged_with_all_that_it_left()
    {
        run = async (context, length) => (await context.CallActivityAsync(Fail, length)).Length;
        await StartAsync(200_000);
        var failed = await Client.WaitForInstanceCompletionAsync(Id, Cancel);
        Assert.StartsWith("Fail failed: xxxx", failed.FailureReason, StringComparison.Ordinal);
        Assert.InRange(failed.FailureReason!.Length, 3_000, 4_100);
        await PurgeAndFindNothingAsync();
    }

    [Fact]
    public async Task A_result_of_100_KB_is_refused_and_purged_with_all_that_it_left()
    {
        run = async (context, length) => (await context.CallActivityAsync(Give, length)).Length;
        await StartAsync(100_000);
        var failed = await Client.WaitForInstanceCompletionAsync(Id, Cancel);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, failed.RuntimeStatus);
        Assert.StartsWith("Give failed: ", failed.FailureReason, StringComparison.Ordinal);
        await PurgeAndFindNothingAsync();
    }

    [Fact]
    public async Task A_failure_of_an_orchestrator_with_a_text_of_100_KB_is_cut_and_purged_with_all_that_it_left()
    {
        run = (context, length) => throw new InvalidOperationException(new string('y', length));
        await StartAsync(100_000);
        Assert.InRange((await Client.WaitForInstanceCompletionAsync(Id, Cancel)).FailureReason!.Length, 3_000, 4_100);
        await PurgeAndFindNothingAsync();
    }

    private async Task StartAsync(int input) => Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(Main, input, Id, Cancel));

    private async Task PurgeAndFindNothingAsync()
    {
        Assert.True(await Client.PurgeInstanceAsync(Id, Cancel));
        Assert.Null(await Client.GetInstanceAsync(Id, Cancel));
        foreach (var table in (string[])["History", "Instances"])
            Assert.Equal(0, await new TableClient(hub.Connection, $"{hub.Name}{table}").QueryAsync<TableEntity>(cancellationToken: Cancel).CountAsync(Cancel));
        var container = new BlobContainerClient(hub.Connection, $"{hub.Name}-largemessages");
        Assert.False(await container.ExistsAsync(Cancel) && await container.GetBlobsAsync(cancellationToken: Cancel).AnyAsync(Cancel));
    }
}
