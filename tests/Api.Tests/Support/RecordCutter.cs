using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests.Support;

/// <summary>Makes of the record of a round of three clients one that has them in parts, as a round of very many has.</summary>
internal static class RecordCutter
{
    /// <summary>A file of the host's, which the failure names.</summary>
    public const string HostsFile = "/srv/secrets/client-2.bin";

    /// <summary>Cuts the record of round 1 into two parts, with a failure of the last client.</summary>
    public static async Task CutAsync(FileArtifactStore store, string id)
    {
        var cancel = TestContext.Current.CancellationToken;
        var record = (await new RecordedFederation(store, id).FindRecordAsync(1, cancel))!;
        var failure = new ClientFailure("client-2", "EvaluateClient", $"'{HostsFile}' can't be read");
        var parts = new List<RoundRecordPart>();
        foreach (var clients in (RoundClients[])
            [new([.. record.Participants.Take(2)], []), new([.. record.Participants.Skip(2)], [failure])])
        {
            var content = Sealed(clients);
            await store.PutJsonAsync(ArtifactNames.RecordPart(id, 1, parts.Count, content.Seal!), content, cancel);
            parts.Add(new RoundRecordPart(content.Seal!, content.Count()));
        }

        record = record with { Participants = [], Failures = [failure], Parts = parts, Seal = null };
        await store.DeleteAsync(ArtifactNames.Record(id, 1), cancel);
        await store.PutJsonAsync(ArtifactNames.Record(id, 1), record with { Seal = DocumentSeal.Of(record) }, cancel);
    }

    /// <summary>Clients with their seal.</summary>
    public static RoundClients Sealed(RoundClients clients) => clients with { Seal = DocumentSeal.Of(clients) };
}
