using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;

namespace FlDurable.Orchestrator.Work;

/// <summary>The offers of a <see cref="QueueWorkBoard"/>, a blob each, which whoever changes it changes only as he has read it; and marks that find some of them.</summary>
/// <param name="account">Where they are.</param>
/// <param name="clock">Told what time it is there.</param>
internal sealed class OfferBlobs(WorkAccount account, Action<DateTimeOffset?> clock)
{
    /// <summary>As many hexadecimal digits stand for a name, so that what others say enters no blob's.</summary>
    public const int KeyDigits = 16;

    /// <summary>Marks what is not given out again, until its end is written.</summary>
    public const string Spent = "spent/";

    /// <summary>Marks what came to an end of which nobody was told yet.</summary>
    public const string Untold = "untold/";

    /// <summary>Marks what a worker has looked at and can't do.</summary>
    public const string Refused = "refused/";

    /// <summary>Stands for an offer's id, or for anything else.</summary>
    public static string KeyOf(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..KeyDigits];

    /// <summary>Whether it is a key.</summary>
    public static bool IsKey(string text) => text.Length == KeyDigits && text.All(char.IsAsciiHexDigitLower);

    /// <summary>An offer, and by which tag it is changed; nulls if there is none.</summary>
    public async Task<(OfferState? State, ETag? Tag)> ReadAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            var read = await account.Blob(NameOf(key)).DownloadContentAsync(cancellationToken);
            clock(read.GetRawResponse().Headers.Date);
            return (ContractJson.Deserialize<OfferState>(read.Value.Content.ToMemory().Span), read.Value.Details.ETag);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return (null, null);
        }
    }

    /// <summary>Writes an offer.</summary>
    /// <param name="key">Which.</param>
    /// <param name="state">What it becomes.</param>
    /// <param name="tag">As it was read; null if there was none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether nobody has written in between.</returns>
    /// <exception cref="InvalidDataException">It is too long.</exception>
    public async Task<bool> TryWriteAsync(string key, OfferState state, ETag? tag, CancellationToken cancellationToken)
    {
        var content = ContractJson.SerializeToUtf8(state);
        if (content.Length > IOrchestrationContext.MaxMessageBytes)
            throw new InvalidDataException($"what is to be known of work {state.Offer.Input.Work} has {content.Length} bytes, more than the {IOrchestrationContext.MaxMessageBytes} that are allowed");
        await account.MakeAsync(cancellationToken);
        try
        {
            var conditions = tag is { } read ? new BlobRequestConditions { IfMatch = read } : new BlobRequestConditions { IfNoneMatch = ETag.All };
            await account.Blob(NameOf(key)).UploadAsync(BinaryData.FromBytes(content), new BlobUploadOptions { Conditions = conditions }, cancellationToken);
            return true;
        }
        catch (RequestFailedException exception) when (exception.Status is 409 or 412)
        {
            // What was sent once more because no answer came is there since the first time.
            return await ReadAsync(key, cancellationToken) is ({ } there, _) && ContractJson.SerializeToUtf8(there).AsSpan().SequenceEqual(content);
        }
    }

    /// <summary>Changes an offer, as often as somebody else is faster.</summary>
    /// <param name="key">Which.</param>
    /// <param name="change">What it becomes; null for what it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it is then; null if there is none.</returns>
    public async Task<OfferState?> ChangeAsync(string key, Func<OfferState, OfferState?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadAsync(key, cancellationToken) is not ({ } state, { } tag))
                return null;
            if (change(state) is not { } next)
                return state;
            if (await TryWriteAsync(key, next, tag, cancellationToken))
                return next;
        }
    }

    /// <summary>The offers with a mark.</summary>
    public async IAsyncEnumerable<OfferState> ListAsync(string marks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await account.MakeAsync(cancellationToken);
        await foreach (var mark in account.ListAsync(marks, cancellationToken))
        {
            if (await ReadAsync(mark[marks.Length..], cancellationToken) is ({ } state, _))
                yield return state;
        }
    }

    /// <summary>Marks an offer.</summary>
    public Task MarkAsync(string marks, string key, CancellationToken cancellationToken) =>
        account.Blob($"{marks}{key}").UploadAsync(BinaryData.FromBytes(ReadOnlyMemory<byte>.Empty), overwrite: true, cancellationToken);

    /// <summary>Takes an offer's mark away.</summary>
    public Task UnmarkAsync(string marks, string key, CancellationToken cancellationToken) => account.Blob($"{marks}{key}").DeleteIfExistsAsync(cancellationToken: cancellationToken);

    /// <summary>Remembers which lease a request was given.</summary>
    public Task WriteGivenAsync(string request, string lease, CancellationToken cancellationToken) =>
        account.Blob(NameOfRequest(request)).UploadAsync(BinaryData.FromString(lease), overwrite: true, cancellationToken);

    /// <summary>The lease that a request was given; null if it was given none.</summary>
    public async Task<string?> FindGivenAsync(string request, CancellationToken cancellationToken)
    {
        await account.MakeAsync(cancellationToken);
        try
        {
            return (await account.Blob(NameOfRequest(request)).DownloadContentAsync(cancellationToken)).Value.Content.ToString();
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            return null;
        }
    }

    private static string NameOf(string key) => $"offers/{key}.json";

    private static string NameOfRequest(string request) => $"requests/{KeyOf(request)}";
}
