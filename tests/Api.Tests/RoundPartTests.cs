using System.Net;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests;

/// <summary>A round whose record has its clients in parts, as one of very many has.</summary>
public sealed class RoundPartTests : IAsyncLifetime
{
    private const string Round = "/api/federations/parts/rounds/1";

    private ApiHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FileArtifactStore Store => new(Path.Combine(host.StateFolder, "artifacts"));

    public async ValueTask InitializeAsync()
    {
        host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("parts", ("rounds", 1)));
        await RecordCutter.CutAsync(Store, "parts");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_record_in_parts_counts_the_clients_and_each_part_names_its_own()
    {
        using var record = await host.GetAsync(Round);
        var names = new List<string>();
        foreach (var part in (int[])[0, 1])
        {
            using var clients = await host.GetAsync($"{Round}/parts/{part}");
            names.AddRange((await clients.JsonAsync())["participants"]!.AsArray().Select(client => client!["client"]!.GetValue<string>()));
        }

        Assert.Empty((await record.JsonAsync())["participants"]!.AsArray());
        Assert.Equal([2, 1], (await record.JsonAsync())["parts"]!.AsArray().Select(part => part!["counts"]!["participants"]!.GetValue<int>()));
        Assert.Equal(["client-0", "client-1", "client-2"], names);
    }

    [Fact]
    public async Task A_round_in_brief_counts_all_clients_and_their_histories_leave_the_round_out()
    {
        using var rounds = await host.GetAsync("/api/federations/parts/rounds");
        using var histories = await host.GetAsync("/api/federations/parts/clients");
        var round = (await rounds.JsonAsync())["rounds"]![1]!;

        Assert.Equal((3, 1, 1), (round["participantCount"]!.GetValue<int>(), round["failureCount"]!.GetValue<int>(), round["missingCount"]!.GetValue<int>()));
        Assert.True(round["bytesFromClients"]!.GetValue<long>() > 0);
        Assert.Equal((0, 1), ((await histories.JsonAsync())["clientCount"]!.GetValue<int>(), (await histories.JsonAsync())["roundsInParts"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_part_that_is_not_there_is_named_and_one_that_is_damaged_is_not_shown()
    {
        using var none = await host.GetAsync($"{Round}/parts/2");
        using var ofOne = await host.GetAsync("/api/federations/parts/rounds/0/parts/0");
        using var word = await host.GetAsync($"{Round}/parts/first");
        var parts = (await new RecordedFederation(Store, "parts").FindRecordAsync(1, Cancel))!.Parts!;
        await Store.DeleteAsync(ArtifactNames.RecordPart("parts", 1, 0, parts[0].Seal), Cancel);
        await Store.PutJsonAsync(ArtifactNames.RecordPart("parts", 1, 0, parts[0].Seal), RecordCutter.Sealed(new RoundClients([], [])), Cancel);
        await Store.DeleteAsync(ArtifactNames.RecordPart("parts", 1, 1, parts[1].Seal), Cancel);
        using var damaged = await host.GetAsync($"{Round}/parts/0");
        using var lost = await host.GetAsync($"{Round}/parts/1");

        Assert.Contains("has 2 parts, counted from 0, and no part 2", await none.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("its clients are in the record itself", await ofOne.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.BadRequest), (none.StatusCode, ofOne.StatusCode, word.StatusCode));
        Assert.Equal(damaged.StatusCode, lost.StatusCode);
        Assert.Contains("it is not what the record of round 1 says", await damaged.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Contains("is missing", await lost.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failures_reason_names_no_file_of_the_host()
    {
        using var part = await host.GetAsync($"{Round}/parts/1");
        var clients = await part.JsonAsync();

        Assert.Equal("'…' can't be read", clients["failures"]![0]!["reason"]!.GetValue<string>());
        Assert.DoesNotContain(RecordCutter.HostsFile, clients.ToJsonString(), StringComparison.Ordinal);
        Assert.Null(clients["seal"]);
    }
}
