using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Api.Tests;

/// <summary>Partitioned data, which federations share and which stays until nobody uses it.</summary>
public sealed class DatasetTests
{
    private const string Datasets = "/api/datasets";

    [Fact]
    public async Task What_no_federation_uses_is_removed_and_nothing_else()
    {
        await using var host = await ApiHost.StartAsync();
        var used = Digest(await host.FinishAsync(ApiHost.Spec("a")));
        await host.FinishAsync(ApiHost.Spec("again"));
        var (unused, other) = (Digest(await host.FinishAsync(ApiHost.Spec("b", ("clients", 4)))), Digest(await host.FinishAsync(ApiHost.Spec("c", ("clients", 5)))));
        foreach (var id in (string[])["b", "c"])
        {
            using var purged = await host.DeleteAsync($"/api/federations/{id}");
            Assert.True(Directory.Exists(FolderOf(host, unused)));
        }

        var before = await ListAsync(host);
        var none = await RemoveAsync(host, $"?digest={used}");
        var one = await RemoveAsync(host, $"?digest={other}");
        var rest = await RemoveAsync(host);

        Assert.Equal(new Dictionary<string, int> { [used] = 2, [unused] = 0, [other] = 0 }, before.ToDictionary(one => (string)one["digest"]!, one => (int)one["federations"]!));
        Assert.Equal(Directory.EnumerateFiles(FolderOf(host, used), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), (long)before.Single(one => (string)one["digest"]! == used)["bytes"]!);
        Assert.Equal((0, 0), ((int)none["bytes"]!, none["removed"]!.AsArray().Count));
        Assert.Equal([other], one["removed"]!.AsArray().Select(digest => (string)digest!));
        Assert.Equal([unused], rest["removed"]!.AsArray().Select(digest => (string)digest!));
        Assert.Equal((long)before.Single(one => (string)one["digest"]! == unused)["bytes"]!, (long)rest["bytes"]!);
        Assert.Equal([used], (await ListAsync(host)).Select(one => (string)one["digest"]!));
        Assert.Equal([false, false, true], ((string[])[unused, other, used]).Select(digest => Directory.Exists(FolderOf(host, digest))));
        Assert.Equal("completed", (await host.FinishAsync(ApiHost.Spec("d", ("clients", 4)))).Status());
        Assert.Contains($"Data set {unused} is removed: no federation used it (", host.Log, StringComparison.Ordinal);
        Assert.Contains("\"DELETE /api/datasets\"", await File.ReadAllTextAsync(Path.Combine(host.StateFolder, "audit.jsonl"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_that_begins_while_data_is_removed_waits_and_then_has_its_data()
    {
        await using var host = await ApiHost.StartAsync();
        var digest = Digest(await host.FinishAsync(ApiHost.Spec("a")));
        using (await host.DeleteAsync("/api/federations/a"))
        using (var removing = DataUse.TryTakeAlone(new StateFolder(host.StateFolder, IsNamed: true)))
        {
            Assert.NotNull(removing);
            using var started = await host.StartAsync(ApiHost.Spec("b"));
            await host.WaitAsync("b", federation => federation["dataset"] is not null);
            await host.Services.GetRequiredService<IArtifactStore>().DeleteAsync(ArtifactNames.Dataset(digest), TestContext.Current.CancellationToken);
        }

        Assert.Equal("completed", (await host.WaitAsync("b")).Status());
        Assert.Equal(1, (int)Assert.Single(await ListAsync(host))["federations"]!);
    }

    [Fact]
    public async Task Nothing_is_removed_while_others_may_use_it()
    {
        await using var host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("a"));
        using (await host.DeleteAsync("/api/federations/a"))
        using (DataUse.Begin(new StateFolder(host.StateFolder, IsNamed: true)))
        {
            using var refused = await host.DeleteAsync(Datasets);
            Assert.Contains("train-central, is using data", await DetailAsync(refused), StringComparison.Ordinal);
        }

        using var wrong = await host.DeleteAsync($"{Datasets}?digest=x");
        Assert.Equal(["digest"], (await wrong.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
        Assert.Single(await ListAsync(host));

        await using var shared = await ApiHost.StartAsync(services => services.RemoveAll<IKeptDatasets>()); // as with --storage
        using var list = await shared.GetAsync(Datasets);
        using var removal = await shared.DeleteAsync(Datasets);
        Assert.All([await DetailAsync(list), await DetailAsync(removal)], detail => Assert.Contains("where others may use the data", detail, StringComparison.Ordinal));
    }

    private static string Digest(JsonObject federation) => (string)federation["dataset"]!["digest"]!;

    private static string FolderOf(ApiHost host, string digest) => Path.Combine(host.StateFolder, "artifacts", "datasets", digest);

    private static async Task<string> DetailAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var problem = await answer.JsonAsync();
        Assert.Equal("/problems/data-in-use", (string)problem["type"]!);
        return (string)problem["detail"]!;
    }

    private static async Task<IReadOnlyList<JsonNode>> ListAsync(ApiHost host)
    {
        using var answer = await host.GetAsync(Datasets);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return [.. (await answer.JsonAsync())["datasets"]!.AsArray().Select(one => one!)];
    }

    private static async Task<JsonObject> RemoveAsync(ApiHost host, string query = "")
    {
        using var answer = await host.DeleteAsync($"{Datasets}{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync();
    }
}
