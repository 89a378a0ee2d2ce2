using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api.Tests.Support;

/// <summary>Somebody who is told things over HTTP, on this machine.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Channel<Received> received = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>Where it is.</summary>
    public Uri Url => new(new Uri(app.Urls.Single()), "/told?token=secret");

    /// <summary>How it answers.</summary>
    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    /// <summary>How often it was told something.</summary>
    public int Count => received.Reader.Count;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new Receiver(builder.Build());
        receiver.app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            receiver.received.Writer.TryWrite(new Received(
                $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
                context.Request.Headers.ToDictionary(header => header.Key, header => $"{header.Value}", StringComparer.OrdinalIgnoreCase), body));
            await receiver.Answer(context);
        });
        await receiver.app.StartAsync(Cancel);
        return receiver;
    }

    /// <summary>Waits until it is told something.</summary>
    public async Task<Received> NextAsync() => await received.Reader.ReadAsync(Cancel);

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>What somebody was told.</summary>
internal sealed record Received(string Request, IReadOnlyDictionary<string, string> Headers, string Body);
