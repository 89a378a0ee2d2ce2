using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class DamagedDatabaseTests : IDisposable
{
    private const int PageBytes = 4096;

    private static readonly OrchestratorDescriptor<int, string> Main = new("Main");

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Whatever_page_of_it_is_damaged_is_said_with_what_to_do_or_does_not_matter()
    {
        await using (var engine = await StartAsync(folder))
        {
            for (var instance = 0; instance < 50; instance++)
                await engine.ScheduleAsync(Main, 0, $"instance-{instance}");
        }

        var whole = await File.ReadAllBytesAsync(folder.Database, TestContext.Current.CancellationToken);
        var refused = 0;
        for (var page = 0; page < whole.Length / PageBytes; page++)
        {
            using var damaged = new TestFolder();
            var content = (byte[])whole.Clone();
            content.AsSpan(page * PageBytes, PageBytes).Fill(0xA5);
            await File.WriteAllBytesAsync(damaged.Database, content, TestContext.Current.CancellationToken);

            refused += await IsRefusedAsync(async () => await (await StartAsync(damaged)).DisposeAsync()) ? 1 : 0;
            await IsRefusedAsync(() =>
            {
                using var reader = InstanceReader.Open(damaged.Path);
                reader?.List(new OrchestrationQuery());
                reader?.Find("instance-7");
                return Task.CompletedTask;
            });
        }

        Assert.InRange(refused, 3, whole.Length / PageBytes);
    }

    private static async Task<bool> IsRefusedAsync(Func<Task> use)
    {
        try
        {
            await use();
            return false;
        }
        catch (StateFolderException exception)
        {
            Assert.Contains("If it is damaged, move it away", exception.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static Task<TestEngine> StartAsync(TestFolder folder) => TestEngine.StartAsync(
        folder, services => services.AddOrchestratorFunc(Main, (context, _) => context.WaitForExternalEvent<string>("never")));
}
