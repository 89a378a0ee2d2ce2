using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>Simulate first, deploy after: sites that hold the parts of a simulated federation give its bits.</summary>
public sealed class SameBitsTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("fedprox")]
    [InlineData("fednova")]
    [InlineData("qfedavg")]
    public async Task Sites_that_hold_the_parts_of_a_simulated_federation_give_its_parameters_after_every_round(string strategy)
    {
        await Simulation.DivideAsync(folder["state"], folder["parts"]);
        var simulated = await Simulation.RunFederationAsync(folder["state"], "--rounds", "2", "--strategy", strategy, "--optimizer", "sgd");
        await using var host = await SiteHost.StartAsync();
        var workers = new List<RunningWorker>();
        try
        {
            for (var client = 0; client < 3; client++)
            {
                await host.AddSiteAsync($"site-{client}");
                workers.Add(RunningWorker.Start(host, $"site-{client}", folder[$"parts/client-{client}"]));
            }

            await host.StartFederationAsync("fed", "site-0,site-1,site-2", ("strategy", strategy), ("optimizer", "sgd"));
            var federation = await host.WaitAsync("fed");

            Assert.Equal("completed", federation["status"]!.GetValue<string>());
            Assert.Equal(simulated, SiteHost.Parameters(federation));
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_server_that_is_started_again_and_workers_that_are_give_the_same_bits()
    {
        await Simulation.DivideAsync(folder["state"], folder["parts"]);
        var simulated = await Simulation.RunFederationAsync(folder["state"], "--rounds", "6");
        await using var host = await SiteHost.StartAsync();
        var workers = new RunningWorker?[3];
        try
        {
            for (var client = 0; client < 3; client++)
            {
                await host.AddSiteAsync($"site-{client}");
                workers[client] = Start(host, client);
            }

            await host.StartFederationAsync("fed", "site-0,site-1,site-2", ("rounds", 6));
            for (var round = 1; round < 6; round++)
            {
                await host.WaitAsync("fed", federation => Round(federation) >= round);
                await host.StopServerAsync();
                var client = round % 3;
                await workers[client]!.DisposeAsync();
                await host.StartServerAsync();
                workers[client] = Start(host, client);
            }

            Assert.Equal(simulated, SiteHost.Parameters(await host.WaitAsync("fed")));
        }
        finally
        {
            foreach (var worker in workers.OfType<RunningWorker>())
                await worker.DisposeAsync();
        }
    }

    private RunningWorker Start(SiteHost host, int client) => RunningWorker.Start(host, $"site-{client}", folder[$"parts/client-{client}"]);

    private static int Round(System.Text.Json.Nodes.JsonObject federation) => federation["progress"]?["round"]?.GetValue<int>() ?? -1;
}
