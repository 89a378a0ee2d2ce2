using DurableTask.AzureStorage;
using DurableTask.Core;

namespace FlDurable.Bench;

/// <summary>
/// The same no-op work on Durable Task as its makers have it, in Azure Storage: its defaults, but that it looks at its queues every 100 ms and that
/// several workers may share the hub.
/// </summary>
internal sealed class DurableTaskAlone(string account, int count, Ends ends) : IBenchedEngine
{
    /// <summary>How many activities a worker does at a time by Durable Task's default; a node of ours does as many as it has cores.</summary>
    public const int ActivitiesAtATime = 10;

    private readonly string hub = $"bench{Guid.NewGuid():N}";
    private readonly List<TaskHubWorker> workers = [];
    private TaskHubClient? client;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var each = 0; each < count; each++)
        {
            var service = new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
            {
                StorageAccountClientProvider = new StorageAccountClientProvider(account),
                TaskHubName = hub,
                WorkerId = $"worker-{each}",
                MaxConcurrentTaskActivityWorkItems = ActivitiesAtATime,
                MaxQueuePollingInterval = TimeSpan.FromMilliseconds(100),
                UseAppLease = false,
            });
            await service.CreateIfNotExistsAsync();
            client ??= new TaskHubClient(service);
            var worker = new TaskHubWorker(service);
            workers.Add(worker);
            worker.AddTaskActivities(new Creator<TaskActivity>(nameof(NoOp), () => new NoOp()));
            worker.AddTaskOrchestrations(
                new Creator<TaskOrchestration>(NoOpWork.SequenceOf.Name, () => new Sequence(ends)),
                new Creator<TaskOrchestration>(NoOpWork.FanOutOf.Name, () => new FanOut(ends)),
                new Creator<TaskOrchestration>(HubBenchmark.RoundsFrom.Name, () => new RoundsFrom(ends)));
            await worker.StartAsync();
        }
    }

    public Task<TimeSpan> TimeAsync(string orchestrator, int input, string instanceId, CancellationToken cancellationToken) =>
        ends.TimeAsync(instanceId, async () =>
        {
            var instance = await client!.CreateOrchestrationInstanceAsync(orchestrator, "", instanceId, input);
            var over = await client.WaitForOrchestrationAsync(new OrchestrationInstance { InstanceId = instance.InstanceId }, TimeSpan.FromMinutes(10), cancellationToken);
            if (over.OrchestrationStatus != OrchestrationStatus.Completed)
                throw new InvalidOperationException($"{instanceId} ended as {over.OrchestrationStatus}: {over.Output}");
        });

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
        {
            await worker.StopAsync(isForced: false);
            worker.Dispose();
        }
    }

    private static async Task<int> FanOutAsync(OrchestrationContext context, int activities) =>
        (await Task.WhenAll(Enumerable.Range(0, activities).Select(x => context.ScheduleTask<int>(nameof(NoOp), "", x)))).Length;

    private sealed class Creator<T> : ObjectCreator<T>
    {
        private readonly Func<T> create;

        public Creator(string name, Func<T> create)
        {
            this.create = create;
            (Name, Version) = (name, "");
        }

        public override T Create() => create();
    }

    private sealed class NoOp : TaskActivity<int, int>
    {
        protected override int Execute(TaskContext context, int input) => input;
    }

    private sealed class Sequence(Ends ends) : TaskOrchestration<int, int>
    {
        public override async Task<int> RunTask(OrchestrationContext context, int input)
        {
            for (var x = 0; x < input; x++)
                await context.ScheduleTask<int>(nameof(NoOp), "", x);
            ends.Tell(context.OrchestrationInstance.InstanceId);
            return input;
        }
    }

    private sealed class FanOut(Ends ends) : TaskOrchestration<int, int>
    {
        public override async Task<int> RunTask(OrchestrationContext context, int input)
        {
            await FanOutAsync(context, input);
            ends.Tell(context.OrchestrationInstance.InstanceId);
            return input;
        }
    }

    private sealed class RoundsFrom(Ends ends) : TaskOrchestration<int, int>
    {
        public override async Task<int> RunTask(OrchestrationContext context, int input)
        {
            var id = context.OrchestrationInstance.InstanceId;
            await context.CreateSubOrchestrationInstance<int>(NoOpWork.FanOutOf.Name, "", $"{id}:round-{input}", NoOpWork.ClientsPerRound);
            if (input > 1)
                context.ContinueAsNew(input - 1);
            else
                ends.Tell(id);
            return input;
        }
    }
}
