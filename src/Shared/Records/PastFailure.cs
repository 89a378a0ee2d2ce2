using System.Security.Cryptography;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>What a federation failed of before it was retried.</summary>
/// <param name="Round">The round that failed; 0 if it was the preparation.</param>
/// <param name="FailedAt">When, in UTC; null where the engine that knew it has lost its database.</param>
/// <param name="Reason">Why, for a person.</param>
/// <param name="MissingClients">Every client that was missing in the last attempt at the round; null unless updates were missing.</param>
public sealed record PastFailure(int Round, DateTimeOffset? FailedAt, string Reason, IReadOnlyList<ClientFailure>? MissingClients = null);

/// <summary>The failures that a federation has gone on after.</summary>
public static class PastFailures
{
    /// <summary>All of a federation, oldest first: the n-th is that before its n-th retry.</summary>
    /// <param name="store">Where the artifacts are.</param>
    /// <param name="id">The federation.</param>
    /// <param name="cancellationToken">Looked at between failures.</param>
    public static async Task<IReadOnlyList<PastFailure>> ReadPastFailuresAsync(this IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        var failures = new List<PastFailure>();
        while (await store.FindJsonAsync<PastFailure>(ArtifactNames.PastFailure(id, failures.Count + 1), cancellationToken) is { } failure)
            failures.Add(failure);
        return failures;
    }

    /// <summary>How often a federation was retried: the number of what its newest run alone writes (<see cref="ArtifactNames.Result"/>, <see cref="ArtifactNames.Stop"/>).</summary>
    public static async Task<int> CountRetriesAsync(this IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        var retries = 0;
        while (await store.FindAsync(ArtifactNames.PastFailure(id, retries + 1), cancellationToken) is not null)
            retries++;
        return retries;
    }

    /// <summary>Takes a number, from 1, that no other start of a federation that is retried has or gets.</summary>
    public static async Task<int> TakeRetryStartAsync(this IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        var mine = RandomNumberGenerator.GetBytes(16);
        for (var start = 1; ; start++)
        {
            var name = ArtifactNames.RetryStart(id, start);
            if (await store.PutAsync(name, mine, cancellationToken) == ArtifactReference.Of(name, mine))
                return start;
        }
    }
}
