using System.Text.Json;
using FlDurable.DurableTask.Adapters;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Adapters;

public sealed class RunnerTests
{
    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");
    private static readonly ActivityDescriptor<int, string> Repeat = new("Repeat");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_orchestrator_runs_on_its_input()
    {
        await using var services = Services();
        var context = new FakeContext { Input = 3, InstanceVersion = "7" };
        Assert.Equal("xxx", await services.GetRequiredService<OrchestratorRunner>().RunAsync(Main, context));
    }

    [Fact]
    public async Task An_orchestrators_output_over_the_limit_fails_it()
    {
        await using var services = Services();
        var context = new FakeContext { Input = IOrchestrationContext.MaxMessageBytes, InstanceVersion = "7" };
        var exception = await Assert.ThrowsAsync<MessageTooLargeException>(
            () => services.GetRequiredService<OrchestratorRunner>().RunAsync(Main, context));
        Assert.StartsWith("the orchestrator's output", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_of_another_version_is_refused_before_any_of_its_code_runs()
    {
        await using var services = Services();
        var context = new FakeContext { Input = 3, InstanceVersion = "6" };
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => services.GetRequiredService<OrchestratorRunner>().RunAsync(Main, context));
        Assert.Contains("'fed' was started by version '6'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("this build is version '7'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_runs_on_its_input()
    {
        await using var services = Services();
        Assert.Equal("xxx", await services.GetRequiredService<ActivityRunner>().RunAsync(Repeat, 3, Cancel));
    }

    [Fact]
    public async Task An_activity_that_nobody_waits_for_ends_without_a_failure()
    {
        var stopped = new ActivityDescriptor<int, string>("Stopped");
        await using var services = new ServiceCollection()
            .AddSingleton<ActivityRunner>()
            .AddActivityFunc(stopped, (int _, CancellationToken _) => Task.FromException<string>(new WorkNotNeededException("the round has ended")))
            .BuildServiceProvider();
        var runner = services.GetRequiredService<ActivityRunner>();
        Assert.Null(await runner.RunAsync(stopped, 3, Cancel));
        var json = await runner.RunAsync(new ActivityDescriptor<int, JsonElement>("Stopped"), 3, Cancel);
        Assert.Equal(JsonValueKind.Null, json.ValueKind);
    }

    [Fact]
    public async Task An_activity_that_is_cancelled_otherwise_fails()
    {
        var cancelled = new ActivityDescriptor<int, string>("Cancelled");
        await using var services = new ServiceCollection()
            .AddSingleton<ActivityRunner>()
            .AddActivityFunc(cancelled, (int _, CancellationToken _) => Task.FromException<string>(new TaskCanceledException("the store did not answer")))
            .BuildServiceProvider();
        await Assert.ThrowsAsync<TaskCanceledException>(() => services.GetRequiredService<ActivityRunner>().RunAsync(cancelled, 3, Cancel));
    }

    [Fact]
    public async Task An_activitys_output_over_the_limit_fails_it()
    {
        await using var services = Services();
        var exception = await Assert.ThrowsAsync<MessageTooLargeException>(
            () => services.GetRequiredService<ActivityRunner>().RunAsync(Repeat, IOrchestrationContext.MaxMessageBytes, Cancel));
        Assert.StartsWith("the output of activity 'Repeat'", exception.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services() => new ServiceCollection()
        .AddSingleton(new OrchestrationVersion("7"))
        .AddSingleton<OrchestratorRunner>()
        .AddSingleton<ActivityRunner>()
        .AddOrchestratorFunc(Main, (_, length) => Task.FromResult(new string('x', length)))
        .AddActivityFunc(Repeat, (length, _) => Task.FromResult(new string('x', length)))
        .BuildServiceProvider();
}
