using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Downloads large files: what has arrived is kept in a <c>.part</c> file and gone on from, also after a crash; the file has its name
/// only when it is whole and right.
/// </summary>
internal sealed class Downloader(HttpClient http, TimeProvider time)
{
    /// <summary>How long a server may take to answer.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(9);

    /// <summary>How long nothing may arrive.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private const int MaxInterruptions = 5;

    private static readonly TimeSpan TurnInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Downloads a file unless it is there. Of several processes one does, the others wait.</summary>
    /// <exception cref="DownloadException">The network or the server does not give it.</exception>
    /// <exception cref="DatasetException">The folder can't be written.</exception>
    public async Task DownloadAsync(RemoteFile file, string path, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var turn = await TakeTurnAsync($"{path}.lock", cancellationToken);
            if (await IsRightAsync(file, path, cancellationToken))
                return;
            var partial = $"{path}.part";
            await using (var part = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            {
                await CompleteAsync(file, part, progress, cancellationToken);
                part.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                $"{path}: can't be written: {FileFailure.Describe(exception)} Make room or access, or name another folder in {CacheFolder.Variable}.", exception);
        }
    }

    private static async Task<bool> IsRightAsync(RemoteFile file, string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return false;
        await using var found = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return found.Length == file.Length && await Md5Async(found, cancellationToken) == file.Md5;
    }

    private async Task CompleteAsync(RemoteFile file, FileStream part, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (part.Length > file.Length)
            part.SetLength(0);
        var isResumed = part.Length > 0;
        await ReceiveAllAsync(file, part, progress, cancellationToken);
        var md5 = await Md5Async(part, cancellationToken);
        if (md5 != file.Md5 && isResumed)
        {
            // What was there from before may have been something else's beginning.
            part.SetLength(0);
            await ReceiveAllAsync(file, part, progress, cancellationToken);
            md5 = await Md5Async(part, cancellationToken);
        }

        if (md5 != file.Md5)
        {
            part.SetLength(0);
            throw new DownloadException($"{file.Address}: what arrived has the md5 {md5}, expected {file.Md5}; it was thrown away");
        }
    }

    private async Task ReceiveAllAsync(RemoteFile file, FileStream part, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        for (var interruptions = 0; part.Length < file.Length;)
        {
            var before = part.Length;
            try
            {
                await ReceiveAsync(file, part, progress, cancellationToken);
            }
            catch (DownloadException) when (part.Length > before && ++interruptions < MaxInterruptions)
            {
                // Some has arrived: ask for the rest.
            }
        }
    }

    /// <summary>Asks once for what is missing.</summary>
    private async Task ReceiveAsync(RemoteFile file, FileStream part, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        using var response = await AskAsync(file, part.Length, cancellationToken);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == part.Length:
                break;
            case HttpStatusCode.OK:
                part.SetLength(0);
                break;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable:
                // Asked for the same again it would answer the same: the next try is from the beginning.
                part.SetLength(0);
                throw new DownloadException($"{file.Address}: the server does not give the rest of it; the next try is for all");
            default:
                throw new DownloadException($"{file.Address}: the server answered {(int)response.StatusCode} ({response.ReasonPhrase})");
        }

        if (response.Content.Headers.ContentLength is { } length && part.Length + length != file.Length)
        {
            throw new DownloadException(FormattableString.Invariant(
                $"{file.Address}: {part.Length + length:N0} bytes there, expected {file.Length:N0}"));
        }

        part.Seek(0, SeekOrigin.End);
        await CopyAsync(file, response, part, progress, cancellationToken);
    }

    private async Task<HttpResponseMessage> AskAsync(RemoteFile file, long from, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, file.Address);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
        }
        catch (HttpRequestException exception)
        {
            throw new DownloadException($"{file.Address}: {exception.Message}", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadException($"{file.Address}: no answer within {AnswerTimeout.TotalSeconds} seconds", exception);
        }
    }

    private async Task CopyAsync(
        RemoteFile file, HttpResponseMessage response, FileStream part, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var buffer = new byte[1 << 17];
        await using var content = await OpenAsync();
        while (await ReadAsync() is > 0 and var read)
        {
            if (part.Length + read > file.Length)
            {
                part.SetLength(0);
                throw new DownloadException(FormattableString.Invariant($"{file.Address}: more than the expected {file.Length:N0} bytes arrived"));
            }

            await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            progress?.Report(new DatasetProgress(DatasetStage.Downloading, part.Length, file.Length));
            patience.CancelAfter(StallTimeout);
        }

        if (part.Length < file.Length)
            throw Interrupted("the connection was closed", null);

        async Task<Stream> OpenAsync() => await GuardedAsync(async () => await response.Content.ReadAsStreamAsync(either.Token));

        async Task<int> ReadAsync() => await GuardedAsync(async () => await content.ReadAsync(buffer, either.Token));

        async Task<T> GuardedAsync<T>(Func<Task<T>> receive)
        {
            try
            {
                return await receive();
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                throw Interrupted(exception.Message, exception);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw Interrupted($"nothing arrived for {StallTimeout.TotalSeconds} seconds", exception);
            }
        }

        DownloadException Interrupted(string why, Exception? exception) => new(
            FormattableString.Invariant($"{file.Address}: {why} after {part.Length:N0} of {file.Length:N0} bytes; the next try goes on from there"),
            exception);
    }

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "It is the checksum that the publisher gives.")]
    private static async Task<string> Md5Async(FileStream file, CancellationToken cancellationToken)
    {
        file.Seek(0, SeekOrigin.Begin);
        return Convert.ToHexStringLower(await MD5.HashDataAsync(file, cancellationToken));
    }

    /// <summary>Waits until no other process holds the lock.</summary>
    private async Task<FileStream> TakeTurnAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (FileLocks.IsHeldByAnother(exception))
            {
                await Task.Delay(TurnInterval, time, cancellationToken);
            }
        }
    }
}
