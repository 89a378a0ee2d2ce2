using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class MessageLimitTests : IDisposable
{
    private const int Largest = IOrchestrationContext.MaxMessageBytes - 2;

    private static readonly OrchestratorDescriptor<string, string> Main = new("Main");
    private static readonly ActivityDescriptor<string, string> Echo = new("Echo");
    private static readonly ActivityDescriptor<string, string> Grow = new("Grow");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_message_of_just_the_limit_passes_everywhere()
    {
        await using var engine = await StartAsync(async (context, x) =>
        {
            context.SetCustomStatus(x);
            var echo = await context.CallActivityAsync(Echo, x);
            return await context.WaitForExternalEvent<string>("data") == echo ? echo : "";
        });
        var message = new string('x', Largest);
        await engine.ScheduleAsync(Main, message, "instance");
        await engine.RaiseAsync("instance", "data", message);

        Assert.Equal(message, (await engine.WaitAsync("instance")).Output<string>());
    }

    [Fact]
    public async Task An_input_over_the_limit_starts_nothing()
    {
        await using var engine = await StartAsync((_, x) => Task.FromResult(x));

        var refusal = await Assert.ThrowsAsync<MessageTooLargeException>(() => engine.ScheduleAsync(Main, TooLarge(), "instance"));

        Assert.StartsWith("the input of orchestrator 'Main' is 16,385 bytes long", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await engine.Client.GetInstanceAsync("instance", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_event_over_the_limit_is_refused_to_its_sender()
    {
        await using var engine = await StartAsync((_, x) => Task.FromResult(x));

        var refusal = await Assert.ThrowsAsync<MessageTooLargeException>(() => engine.RaiseAsync("instance", "data", TooLarge()));

        Assert.StartsWith("event 'data' is 16,385 bytes long", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_activity_input_over_the_limit_fails_where_it_is_made() =>
        await AssertFailsAsync((context, _) => context.CallActivityAsync(Echo, TooLarge()), "the input of activity 'Echo' is 16,385 bytes long");

    [Fact]
    public async Task An_activity_output_over_the_limit_fails_the_activity() =>
        await AssertFailsAsync((context, x) => context.CallActivityAsync(Grow, x), "Grow failed: the output of activity 'Grow' is 16,385 bytes");

    [Fact]
    public async Task A_child_input_over_the_limit_fails_where_it_is_made() =>
        await AssertFailsAsync(
            (context, _) => context.CallSubOrchestratorAsync(Main, TooLarge(), "child"), "the input of orchestrator 'Main' is 16,385 bytes");

    [Fact]
    public async Task An_output_over_the_limit_fails_the_orchestration() =>
        await AssertFailsAsync((_, _) => Task.FromResult(TooLarge()), "the orchestrator's output is 16,385 bytes long");

    [Fact]
    public async Task A_custom_status_over_the_limit_fails_where_it_is_made() =>
        await AssertFailsAsync(
            (context, x) =>
            {
                context.SetCustomStatus(TooLarge());
                return Task.FromResult(x);
            },
            "the custom status is 16,385 bytes long");

    [Fact]
    public async Task An_input_to_continue_with_over_the_limit_fails_where_it_is_made() =>
        await AssertFailsAsync(
            (context, x) =>
            {
                context.ContinueAsNew(TooLarge());
                return Task.FromResult(x);
            },
            "the input to continue with is 16,385 bytes long");

    private static string TooLarge() => new('x', Largest + 1);

    private async Task AssertFailsAsync(Func<IOrchestrationContext, string, Task<string>> code, string reason)
    {
        await using var engine = await StartAsync(code);
        Assert.StartsWith(reason, (await engine.RunAsync(Main, "")).Failure(), StringComparison.Ordinal);
    }

    private Task<TestEngine> StartAsync(Func<IOrchestrationContext, string, Task<string>> code) => TestEngine.StartAsync(
        folder,
        services => services
            .AddActivityFunc(Echo, (x, _) => Task.FromResult(x))
            .AddActivityFunc(Grow, (_, _) => Task.FromResult(TooLarge()))
            .AddOrchestratorFunc(Main, code));
}
