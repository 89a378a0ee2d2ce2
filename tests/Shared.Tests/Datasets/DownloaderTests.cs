using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class DownloaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ScriptedServer server = new();
    private readonly FakeTimeProvider time = new();
    private readonly HttpClient http;
    private readonly byte[] content = [.. Enumerable.Range(0, 5000).Select(value => (byte)(value * 31 >> 3))];
    private readonly RemoteFile file;

    public DownloaderTests()
    {
        http = new HttpClient(server) { Timeout = Timeout.InfiniteTimeSpan };
        file = new RemoteFile(new Uri("https://data.example/some.tar.gz"), content.Length, Md5(content));
    }

    private string Target => folder["downloads", "some.tar.gz"];

    private string Part => $"{Target}.part";

    public void Dispose()
    {
        http.Dispose();
        server.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_file_is_downloaded_once()
    {
        server.Gives(content);

        await DownloadAsync();
        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
        Assert.Equal([0], server.Offsets);
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task A_download_goes_on_where_an_earlier_process_stopped()
    {
        folder.Write("downloads/some.tar.gz.part", content[..2000]);
        server.Gives(content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
        Assert.Equal([2000], server.Offsets);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_made_again_for_the_rest()
    {
        server.BreaksOffAfter(content, 1000).BreaksOffAfter(content, 500).Gives(content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
        Assert.Equal([0, 1000, 1500], server.Offsets);
    }

    [Fact]
    public async Task What_has_arrived_is_kept_when_the_network_goes()
    {
        server.BreaksOffAfter(content, 1000).IsUnreachable();

        var exception = await Assert.ThrowsAsync<DownloadException>(DownloadAsync);

        Assert.Contains("Name or service not known", exception.Message, StringComparison.Ordinal);
        Assert.Equal(content[..1000], await ReadAsync(Part));
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task A_server_that_gives_no_ranges_gives_all()
    {
        folder.Write("downloads/some.tar.gz.part", content[..2000]);
        server.GivesAll(content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
    }

    [Fact]
    public async Task A_wrong_md5_is_refused_and_nothing_kept()
    {
        server.Gives([.. content.Reverse()]);

        var exception = await Assert.ThrowsAsync<DownloadException>(DownloadAsync);

        Assert.Contains($"expected {file.Md5}", exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
        Assert.Empty(await ReadAsync(Part));
    }

    [Fact]
    public async Task A_wrong_beginning_from_before_is_replaced()
    {
        folder.Write("downloads/some.tar.gz.part", new byte[2000]);
        server.Gives(content).Gives(content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
        Assert.Equal([2000, 0], server.Offsets);
    }

    [Fact]
    public async Task A_finished_part_needs_no_network()
    {
        folder.Write("downloads/some.tar.gz.part", content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
        Assert.Empty(server.Offsets);
    }

    [Fact]
    public async Task A_damaged_file_is_downloaded_again()
    {
        folder.Write("downloads/some.tar.gz", new byte[content.Length]);
        server.Gives(content);

        await DownloadAsync();

        Assert.Equal(content, await ReadAsync(Target));
    }

    [Fact]
    public async Task Another_length_is_refused_before_anything_is_read()
    {
        server.GivesAll(content[..100]);

        var exception = await Assert.ThrowsAsync<DownloadException>(DownloadAsync);

        Assert.Contains("100 bytes there, expected 5,000", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "500")]
    [InlineData(HttpStatusCode.NotFound, "404")]
    public async Task A_servers_refusal_is_told(HttpStatusCode status, string words)
    {
        server.Fails(status);

        var exception = await Assert.ThrowsAsync<DownloadException>(DownloadAsync);

        Assert.Contains("https://data.example/some.tar.gz", exception.Message, StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_that_the_server_does_not_have_is_not_asked_for_again()
    {
        folder.Write("downloads/some.tar.gz.part", content[..2000]);
        server.Fails(HttpStatusCode.RequestedRangeNotSatisfiable).Gives(content);

        await Assert.ThrowsAsync<DownloadException>(DownloadAsync);
        await DownloadAsync();

        Assert.Equal([2000, 0], server.Offsets);
    }

    [Fact]
    public async Task No_answer_within_ten_seconds_is_noticed()
    {
        server.NeverAnswers();
        var download = DownloadAsync();
        await server.Waiting.Task;

        time.Advance(TimeSpan.FromSeconds(10));

        var exception = await Assert.ThrowsAsync<DownloadException>(() => download);
        Assert.Contains("no answer within", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stalled_download_is_broken_off_and_asked_for_again()
    {
        server.StallsAfter(content, 1000).Gives(content);
        var download = DownloadAsync();
        await server.Waiting.Task;

        time.Advance(Downloader.StallTimeout);

        await download;
        Assert.Equal([0, 1000], server.Offsets);
        Assert.Equal(content, await ReadAsync(Target));
    }

    [Fact]
    public async Task Cancelling_keeps_what_has_arrived()
    {
        server.StallsAfter(content, 1000);
        using var cancellation = new CancellationTokenSource();
        var download = new Downloader(http, time).DownloadAsync(file, Target, null, cancellation.Token);
        await server.Waiting.Task;

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        Assert.Equal(content[..1000], await ReadAsync(Part));
    }

    [Fact]
    public async Task Of_two_at_once_one_downloads()
    {
        server.StallsAfter(content, 1000).Gives(content);
        var first = DownloadAsync();
        await server.Waiting.Task;
        var second = DownloadAsync();

        time.Advance(Downloader.StallTimeout);
        await first;
        while (!second.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await second;

        Assert.Equal([0, 1000], server.Offsets);
    }

    [Fact]
    public async Task A_folder_that_can_not_be_made_is_named()
    {
        folder.Write("downloads", []);

        var exception = await Assert.ThrowsAsync<DatasetException>(DownloadAsync);

        Assert.Contains(Target, exception.Message, StringComparison.Ordinal);
        Assert.Contains(CacheFolder.Variable, exception.Message, StringComparison.Ordinal);
    }

    private Task DownloadAsync() => new Downloader(http, time).DownloadAsync(file, Target, null, TestContext.Current.CancellationToken);

    private static Task<byte[]> ReadAsync(string path) => File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "It is the checksum that publishers give.")]
    internal static string Md5(byte[] content) => Convert.ToHexStringLower(MD5.HashData(content));
}
