using System.Text.Json.Nodes;
using FlDurable.Bench.Goals;

namespace FlDurable.Bench.Workers;

/// <summary>What a client's work costs beside training where a worker does it that asks for it over HTTP on loopback: server and workers are processes of their own.</summary>
internal static class HttpRounds
{
    private static readonly string[] Three = ["a", "b", "c"];

    public static async Task<IReadOnlyList<Goal>> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        await using var pool = await server.WorkAsync("pool", ["--pool", "--key-file", await server.AddToPoolAsync("bench", cancellationToken)], cancellationToken);
        var sites = new List<ProgramProcess>();
        try
        {
            foreach (var site in Three)
                sites.Add(await server.WorkAsync(site, ["--key-file", await server.AddSiteAsync(site, cancellationToken), "--data", BenchSpecs.Data], cancellationToken));
            var host = await OfOneClientAsync("at-host", spec => spec["clients"] = 1);
            var inPool = await OfOneClientAsync("in-pool", spec => (spec["clients"], spec["placement"]) = (1, new JsonObject { ["kind"] = "pool", ["fallback"] = "none" }));
            var atSite = await OfOneClientAsync("at-site", spec => spec["data"] = "sites:a");
            var three = BenchSpecs.Of("three-sites", "sites:a,b,c");
            three["fractionEvaluate"] = 1;
            var ofThree = BenchSpecs.Median(await server.RunAsync(three, cancellationToken));
            return
            [
                new("a client of a site, over HTTP on loopback: what a round takes beside the host's", "ms", atSite - host, 10),
                new("a client in the pool, over HTTP on loopback: what a round takes beside the host's", "ms", inPool - host, 10),
                new("a round of three sites that train and evaluate nothing (Flower 1.42: 6.7 s)", "s", ofThree / 1_000, 6.7),
            ];
        }
        finally
        {
            foreach (var site in sites)
                await site.DisposeAsync();
        }

        async Task<double> OfOneClientAsync(string id, Action<JsonObject> change)
        {
            var spec = BenchSpecs.Of(id);
            change(spec);
            return BenchSpecs.Median(await server.RunAsync(spec, cancellationToken));
        }
    }
}
