using System;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Generated;

/// <summary>What somebody writes who has a client generated from the document, and nothing else.</summary>
public static class Lifecycle
{
    public static async Task RunAsync(HttpClient http, string data, CancellationToken cancel)
    {
        var client = new FlDurableClient(http);
        var request = new StartRequest { Id = "generated", Data = data, Clients = 3, Rounds = 100_000, Optimizer = Optimizer.Sgd, Retention = "all" };
        var started = await client.StartFederationAsync(request, wait: 600, cancellationToken: cancel);
        Expect(started.Id == "generated" && started.Status != FederationStatus.Pending, $"started as {started.Status}");

        await UntilAsync(client, "generated", federation => federation.Progress?.Round >= 2, cancel);
        await client.SuspendFederationAsync("generated", "to look at it", cancel);
        var held = await UntilAsync(client, "generated", federation => federation.Status == FederationStatus.Suspended, cancel);
        double? loss = held.Rounds.Last().FitLoss;
        Expect(loss > 0 && held.Spec!.Optimizer == Optimizer.Sgd, "a round has a loss");
        var record = await client.GetRoundAsync("generated", 1, cancel);
        Expect(record.Participants.Count == 3 && record.Failures.Count == 0, $"{record.Participants.Count} clients took part");
        var rounds = await client.ListRoundsAsync("generated", Order.Newest, pageSize: 2, cancellationToken: cancel);
        Expect(rounds.Rounds.Count == 2 && rounds.Rounds.First().ParametersSha256.Length == 64 && rounds.ContinuationToken is not null, "rounds are listed");
        var listed = await client.ListFederationsAsync(status: [FederationStatus.Suspended, FederationStatus.Running], pageSize: 1000, cancellationToken: cancel);
        Expect(listed.Federations.Any(federation => federation.Id == "generated"), "it is listed");
        await client.ResumeFederationAsync("generated", cancellationToken: cancel);
        await client.TerminateFederationAsync("generated", cancellationToken: cancel);
        await UntilAsync(client, "generated", federation => federation.Status == FederationStatus.Terminated, cancel);

        var branch = new BranchRequest { Id = "generated-branch", Round = 1, Rounds = 2, Strategy = StrategyName.Fedavgm };
        await client.BranchFederationAsync("generated", branch, cancellationToken: cancel);
        var over = await UntilAsync(client, "generated-branch", federation => federation.Status == FederationStatus.Completed, cancel);
        using (var model = await client.GetModelAsync("generated-branch", cancellationToken: cancel))
        using (var copy = new MemoryStream())
        {
            await model.Stream.CopyToAsync(copy, cancel);
            Expect(copy.Length == over.Model!.Length, $"{copy.Length} bytes of {over.Model.Length}");
        }

        await client.PurgeFederationAsync("generated", cancel);
        try
        {
            await client.GetFederationAsync("generated", cancellationToken: cancel);
            Expect(false, "it is purged");
        }
        catch (ApiException<Problem> absent)
        {
            Expect(absent.StatusCode == 404 && absent.Result.Type == "/problems/not-found", absent.Result.Title);
        }
    }

    private static async Task<FederationDetails> UntilAsync(FlDurableClient client, string id, Func<FederationDetails, bool> holds, CancellationToken cancel)
    {
        while (true)
        {
            var federation = await client.GetFederationAsync(id, cancellationToken: cancel);
            if (holds(federation))
                return federation;
            Expect(federation.Status != FederationStatus.Failed, federation.Failure ?? "");
        }
    }

    private static void Expect(bool holds, string found)
    {
        if (!holds)
            throw new InvalidOperationException($"not as expected: {found}");
    }
}
