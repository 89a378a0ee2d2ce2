using System.Net;
using System.Net.Sockets;
using System.Text;
using FlDurable.Shared.Notifications;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Shared.Tests.Notifications;

/// <summary>Whom a caller can have called, and what the one who is called can do.</summary>
public sealed class NotificationSenderTests : IDisposable
{
    private const string Ok = "HTTP/1.1 204 No Content\r\n\r\n";

    private readonly TcpListener receiver = new(IPAddress.Loopback, 0);

    public NotificationSenderTests() => receiver.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)receiver.LocalEndpoint).Port;

    public void Dispose() => receiver.Dispose();

    [Theory]
    [InlineData("http://127.0.0.1:{0}/", "")]
    [InlineData("https://127.0.0.1:{0}/", "")]
    [InlineData("https://2130706433:{0}/", "")]
    [InlineData("https://[::ffff:127.0.0.1]:{0}/", "")]
    [InlineData("https://[::1]:{0}/", "")]
    [InlineData("https://public.example:{0}/", "::ffff:127.0.0.1")]
    [InlineData("https://public.example:{0}/", "10.0.0.1,127.0.0.1")]
    [InlineData("http://public.example:{0}/", "1.1.1.1")]
    public async Task An_address_that_may_not_be_called_is_not_connected_to(string url, string addresses)
    {
        using var sender = Sender("", [addresses]);

        var refused = await Assert.ThrowsAsync<NotDeliveredException>(() => SendAsync(sender, url));

        Assert.Contains(NotificationSettings.NetworksName, refused.Message, StringComparison.Ordinal);
        Assert.False(receiver.Pending());
    }

    [Fact]
    public async Task A_name_is_judged_by_where_it_leads_each_time_that_it_is_called()
    {
        using var sender = Sender("127.0.0.1/32", ["127.0.0.1", "127.0.0.2"]);
        var answering = AnswerAsync(Ok);
        await SendAsync(sender, "http://rebinds.example:{0}/");
        await answering;

        var refused = await Assert.ThrowsAsync<NotDeliveredException>(() => SendAsync(sender, "http://rebinds.example:{0}/"));

        Assert.Contains(NotificationSettings.NetworksName, refused.Message, StringComparison.Ordinal);
        Assert.False(receiver.Pending());
    }

    [Theory]
    [InlineData("301 Moved Permanently")]
    [InlineData("302 Found")]
    [InlineData("307 Temporary Redirect")]
    public async Task A_redirect_is_not_followed(string status)
    {
        using var sender = Sender("127.0.0.1/32", []);
        var answering = AnswerAsync($"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{Port}/elsewhere\r\nContent-Length: 0\r\n\r\n");

        var refused = await Assert.ThrowsAsync<NotDeliveredException>(() => SendAsync(sender, "http://127.0.0.1:{0}/"));

        await answering;
        Assert.Equal($"127.0.0.1 answered {status[..3]}", refused.Message);
        Assert.False(receiver.Pending());
    }

    [Theory]
    [InlineData("410 Gone", true)]
    [InlineData("404 Not Found", false)]
    [InlineData("500 Internal Server Error", false)]
    public async Task Whoever_wants_no_more_is_told_no_more(string status, bool isForGood)
    {
        using var sender = Sender("127.0.0.1/32", []);
        var answering = AnswerAsync($"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(isForGood, (await Assert.ThrowsAsync<NotDeliveredException>(() => SendAsync(sender, "http://127.0.0.1:{0}/"))).IsForGood);
        await answering;
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read()
    {
        using var sender = Sender("127.0.0.1/32", []);
        var answering = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nand so on");

        await SendAsync(sender, "http://127.0.0.1:{0}/");

        await answering;
    }

    [Fact]
    public async Task An_answer_of_nothing_but_headers_is_cut_off()
    {
        using var sender = Sender("127.0.0.1/32", []);
        var answering = AnswerAsync($"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 20_000)}\r\n\r\n");

        await Assert.ThrowsAsync<NotDeliveredException>(() => SendAsync(sender, "http://127.0.0.1:{0}/"));

        await answering;
    }

    [Fact]
    public async Task Who_does_not_answer_is_waited_for_for_ten_seconds()
    {
        var time = new FakeTimeProvider();
        using var sender = Sender("127.0.0.1/32", [], time);
        var sending = SendAsync(sender, "http://127.0.0.1:{0}/");
        using var caller = await receiver.AcceptTcpClientAsync(Cancel);

        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("127.0.0.1 can't be told: no answer in 10 seconds", (await Assert.ThrowsAsync<NotDeliveredException>(() => sending)).Message);
    }

    [Fact]
    public async Task A_host_that_stops_gives_up_without_a_failure()
    {
        using var sender = Sender("127.0.0.1/32", []);
        using var stop = new CancellationTokenSource();
        var sending = sender.SendAsync(new Uri($"http://127.0.0.1:{Port}/"), "id", "{}", stop.Token);
        using var caller = await receiver.AcceptTcpClientAsync(Cancel);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    private Task SendAsync(NotificationSender sender, string url) =>
        sender.SendAsync(new Uri(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, Port)), "id", "{}", Cancel);

    /// <param name="networks">The networks that the host allows.</param>
    /// <param name="answers">What names lead to, one answer after another, with commas between addresses.</param>
    /// <param name="time">What is waited by.</param>
    private static NotificationSender Sender(string networks, IEnumerable<string> answers, TimeProvider? time = null)
    {
        var left = new Queue<string>(answers);
        var settings = NotificationSettings.Read(
            name => name == NotificationSettings.SecretName ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : networks);
        return new NotificationSender(
            settings, time ?? TimeProvider.System, (_, _) => Task.FromResult(left.Dequeue().Split(',').Select(IPAddress.Parse).ToArray()));
    }

    /// <summary>Answers one request.</summary>
    private async Task AnswerAsync(string answer)
    {
        using var caller = await receiver.AcceptTcpClientAsync(Cancel);
        var stream = caller.GetStream();
        await stream.ReadAtLeastAsync(new byte[1], 1, cancellationToken: Cancel);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Cancel);
        await stream.ReadExactlyAsync(new byte[1], Cancel).AsTask().ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
