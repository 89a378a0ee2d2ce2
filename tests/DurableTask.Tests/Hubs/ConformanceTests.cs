using FlDurable.Durable.Conformance;
using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using Microsoft.DurableTask.Testing.Sidecar;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class ConformanceTests
{
    public static TheoryData<string> Cases => new(ConformanceSuite.Cases.Select(each => each.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_hub_in_memory_conforms(string name)
    {
        var service = new InMemoryOrchestrationService();
        await using var host = await HubHost.StartAsync(_ => TaskHub.Of(service));
        await ConformanceSuite.Cases.Single(each => each.Name == name).RunAsync(host, "instance");
    }
}
