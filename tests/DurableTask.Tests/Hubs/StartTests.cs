using System.Reflection;
using DurableTask.Core;
using DurableTask.Core.Query;
using FlDurable.DurableTask.Hubs;
using Microsoft.Extensions.Logging.Abstractions;
using OrchestrationVersion = FlDurable.Orchestrator.Durable.OrchestrationVersion;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class StartTests
{
    [Fact]
    public async Task A_worker_that_can_not_begin_is_no_node()
    {
        var place = DispatchProxy.Create<ITaskHubPlace, Place>();
        var work = new HubWork(
            new Dictionary<string, Func<Microsoft.DurableTask.TaskOrchestrationContext, Task<System.Text.Json.JsonElement>>>(),
            new Dictionary<string, Func<System.Text.Json.JsonElement, CancellationToken, Task<System.Text.Json.JsonElement>>>());
        var hub = TaskHub.Of(DispatchProxy.Create<IService, Service>(), place, "self");
        await using var worker = new HubWorker(hub, new OrchestrationVersion("1"), work, NullLoggerFactory.Instance);
        await Assert.ThrowsAsync<IOException>(() => worker.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["PrepareAsync", "AnnounceAsync", "ReadNodesAsync", "ForgetAsync", "WithdrawAsync"], ((Place)(object)place).Asked);
    }

    internal interface IService : IOrchestrationService, IOrchestrationServiceClient, IOrchestrationServiceQueryClient, IOrchestrationServicePurgeClient;

    public class Place : DispatchProxy
    {
        public List<string> Asked { get; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Asked.Add(targetMethod!.Name);
            return targetMethod.ReturnType == typeof(Task) ? Task.CompletedTask : Task.FromResult<IReadOnlyList<HubNode>>([]);
        }
    }

    /// <summary>A service that can't be reached when it is to begin.</summary>
    public class Service : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == nameof(IOrchestrationService.StartAsync) ? throw new IOException("no connection")
            : targetMethod.ReturnType == typeof(int) ? 1
            : targetMethod.ReturnType.IsValueType && targetMethod.ReturnType != typeof(void) ? Activator.CreateInstance(targetMethod.ReturnType)
            : null;
    }
}
