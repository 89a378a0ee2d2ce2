using System.Globalization;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Hubs;

/// <summary>Events that arrive while an instance continues as new.</summary>
public sealed class SignalTests(StorageFixture storage)
{
    private const int Generations = 100;
    private const int Each = 10;

    private static readonly OrchestratorDescriptor<int, int> Count = new("Count");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_thousand_signals_over_a_hundred_generations_are_all_counted_in_memory() =>
        CountAsync(services => services.AddTaskHub(_ => TaskHub.Of(new InMemoryOrchestrationService())));

    [Fact]
    public Task A_thousand_signals_over_a_hundred_generations_are_all_counted_in_Azure_Storage() =>
        CountAsync(services => services.AddTaskHub(storage.NewHub().Open));

    private static async Task CountAsync(Func<IServiceCollection, IServiceCollection> add)
    {
        await using var node = add(new ServiceCollection().AddSingleton(new OrchestrationVersion("1"))
            .AddOrchestratorFunc(Count, async (context, counted) =>
            {
                for (var one = 0; one < Each; one++)
                    counted += await context.WaitForExternalEvent<int>("signal");
                if (counted < Generations * Each)
                    context.ContinueAsNew(counted);
                return counted;
            })).BuildServiceProvider();
        await node.GetRequiredService<HubWorker>().StartAsync(Cancel);
        var client = node.GetRequiredService<IOrchestrationClient>();
        await client.ScheduleNewOrchestrationInstanceAsync(Count, 0, "count", Cancel);
        await Parallel.ForAsync(0, Generations * Each, Cancel, async (_, cancel) => await client.RaiseEventAsync("count", "signal", 1, cancel));
        var end = await client.WaitForInstanceCompletionAsync("count", Cancel);
        Assert.Equal((Generations * Each).ToString(CultureInfo.InvariantCulture), end.SerializedOutput);
    }
}
