using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using FlDurable.Bench.Goals;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Work;

namespace FlDurable.Bench.Workers;

/// <summary>By how much a server's memory grows while many sites send it a large update at once, and say that they are done: in models.</summary>
internal static class UploadsAtOnce
{
    private const int Sites = 20;
    private const int Examples = 10;
    private static readonly string[] Classes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

    public static async Task<Goal> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var callers = new List<HttpClient>();
        try
        {
            foreach (var site in Enumerable.Range(0, Sites))
                callers.Add(await EnrolAsync(server, site, cancellationToken));
            var spec = BenchSpecs.Of("large", $"sites:{string.Join(',', Enumerable.Range(0, Sites).Select(NameOf))}");
            spec["network"] = "fedavg-cnn";
            await server.StartFederationAsync(spec, cancellationToken);
            var leases = new List<string>();
            foreach (var (site, caller) in callers.Index())
                leases.Add(await LeaseAsync(caller, site, cancellationToken));
            var update = await callers[0].GetByteArrayAsync(Of(leases[0], WorkProtocol.Parameters), cancellationToken);
            var before = server.Process.ResidentBytes;
            var sending = Task.WhenAll(callers.Select((caller, site) => SendAsync(caller, leases[site], update, cancellationToken)));
            var most = before;
            while (!sending.IsCompleted)
                most = Math.Max(most, server.Process.ResidentBytes);
            await sending;
            return new(FormattableString.Invariant($"{Sites} updates of {update.Length / 1e6:0.0} MB sent at once: what the server's memory grows"), "models", (double)(most - before) / update.Length, 3);
        }
        finally
        {
            callers.ForEach(caller => caller.Dispose());
        }
    }

    private static string NameOf(int site) => FormattableString.Invariant($"site-{site}");

    private static string ProcessOf(int site) => site.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<HttpClient> EnrolAsync(BenchServer server, int site, CancellationToken cancellationToken)
    {
        var key = await File.ReadAllTextAsync(await server.AddSiteAsync(NameOf(site), cancellationToken), cancellationToken);
        var caller = new HttpClient { BaseAddress = new Uri(server.Address, $"api/{WorkProtocol.Root}/") };
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(WorkProtocol.Scheme, key);
        var enrolment = new Enrolment(WorkProtocol.Version, ProcessOf(site), "bench", new ImageShape(3, 32, 32), Classes, Examples, Examples, new string('0', 64));
        using var enrolled = await caller.PutAsJsonAsync(WorkProtocol.Enrolment, enrolment, ContractJson.Options, cancellationToken);
        enrolled.EnsureSuccessStatusCode();
        return caller;
    }

    private static async Task<string> LeaseAsync(HttpClient caller, int site, CancellationToken cancellationToken)
    {
        using var leased = await caller.PostAsJsonAsync(WorkProtocol.Leases, new LeaseRequest(WorkProtocol.Version, ProcessOf(site), WaitSeconds: 30), ContractJson.Options, cancellationToken);
        return ContractJson.Deserialize<TakenWork>(await leased.Content.ReadAsStringAsync(cancellationToken)).Lease;
    }

    private static async Task SendAsync(HttpClient caller, string lease, byte[] update, CancellationToken cancellationToken)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(update));
        using var content = new ByteArrayContent(update);
        using var sent = await caller.PutAsync(Of(lease, $"{WorkProtocol.Updates}/{sha256}"), content, cancellationToken);
        sent.EnsureSuccessStatusCode();
        using var done = await caller.PostAsJsonAsync(Of(lease, WorkProtocol.Completion), new WorkReport(Examples, 1, new Metrics(1, 0.5), sha256), ContractJson.Options, cancellationToken);
        done.EnsureSuccessStatusCode();
    }

    private static Uri Of(string lease, string what) => new($"{WorkProtocol.Leases}/{lease}/{what}", UriKind.Relative);
}
