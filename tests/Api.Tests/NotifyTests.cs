using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Notifications;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>Whoever wants to be is told that a federation is over.</summary>
public sealed class NotifyTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public async Task The_end_is_told_once_signed_and_without_what_only_a_caller_with_a_key_may_know()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await TellingAsync();

        await host.FinishAsync(ApiHost.Spec("told", ("notify", receiver.Url.ToString())));
        var told = await receiver.NextAsync();

        Assert.Equal("POST /told?token=secret", told.Request);
        Assert.Equal("told:notify", told.Headers["webhook-id"]);
        var signed = $"{told.Headers["webhook-id"]}.{told.Headers["webhook-timestamp"]}.{told.Body}";
        var signature = HMACSHA256.HashData(Convert.FromBase64String(Secret["whsec_".Length..]), Encoding.UTF8.GetBytes(signed));
        Assert.Equal($"v1,{Convert.ToBase64String(signature)}", told.Headers["webhook-signature"]);
        var body = JsonNode.Parse(told.Body)!.AsObject();
        Assert.Equal(["type", "timestamp", "data"], body.Select(field => field.Key));
        Assert.Equal("""{"id":"told","status":"completed"}""", body["data"]!.ToJsonString());
        Assert.Equal("federation.completed", body["type"]!.GetValue<string>());
        Assert.Equal(TimeSpan.Zero, DateTimeOffset.Parse(body["timestamp"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).Offset);
        Assert.Equal(0, receiver.Count);
    }

    [Fact]
    public async Task Failures_and_ends_from_outside_are_told_too()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await TellingAsync();
        await host.FinishAsync(ApiHost.Spec("fails", ("clients", 241), ("notify", receiver.Url.ToString())));
        Assert.Equal("federation.failed", Type(await receiver.NextAsync()));

        using var started = await host.StartAsync(ApiHost.Spec("ends", ("rounds", 1_000_000), ("notify", receiver.Url.ToString())));
        using var terminated = await host.PostAsync("/api/federations/ends/terminate");
        using var again = await host.PostAsync("/api/federations/ends/terminate");
        Assert.Equal("federation.terminated", Type(await receiver.NextAsync()));

        using var purged = await host.DeleteAsync("/api/federations/ends");
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
        Assert.Equal(0, receiver.Count);
    }

    [Fact]
    public async Task A_receiver_that_fails_holds_no_federation_and_is_told_again_also_by_the_host_after()
    {
        using var folder = new TestFolder();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = context =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        Received first;
        await using (var host = await TellingAsync(folder: folder.Path))
        {
            var federation = await host.FinishAsync(ApiHost.Spec("retried", ("notify", receiver.Url.ToString())));
            Assert.Equal("completed", federation.Status());
            first = await receiver.NextAsync();
        }

        receiver.Answer = _ => Task.CompletedTask;
        await using var later = await TellingAsync(services => services.AddSingleton<TimeProvider>(new TimeADayLater()), folder.Path);
        var second = await receiver.NextAsync();

        Assert.Equal((first.Body, first.Headers["webhook-id"]), (second.Body, second.Headers["webhook-id"]));
        Assert.NotEqual(first.Headers["webhook-signature"], second.Headers["webhook-signature"]);
        using var shown = await later.GetAsync("/api/federations/retried");
        Assert.Equal("completed", (await shown.JsonAsync()).Status());
    }

    [Theory]
    [InlineData("ftp://example.com/")]
    [InlineData("example.com")]
    [InlineData("https://user:password@example.com/")]
    [InlineData("https://example.com/#part")]
    [InlineData("HTTPS://example.com/")]
    [InlineData("https://")]
    [InlineData("https://exa mple.com/")]
    [InlineData(7)]
    public async Task What_is_no_url_is_refused(object url)
    {
        await using var host = await TellingAsync();
        using var answer = await host.StartAsync(ApiHost.Spec("none", ("notify", JsonValue.Create(url))));
        Assert.Equal(["notify"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(field => field.Key));
    }

    [Fact]
    public async Task A_host_that_has_nothing_to_sign_with_takes_no_receivers()
    {
        await using var host = await ApiHost.StartAsync();
        using var answer = await host.StartAsync(ApiHost.Spec("unsigned", ("notify", "https://example.com/told")));
        Assert.Equal(
            """{"notify":["this host tells nobody: it has no FLDURABLE_WEBHOOK_SECRET to sign with"]}""",
            (await answer.ProblemAsync(HttpStatusCode.BadRequest)).ToJsonString());
        using var absent = await host.GetAsync("/api/federations/unsigned");
        await absent.ProblemAsync(HttpStatusCode.NotFound);
    }

    private static string Type(Received received) => JsonNode.Parse(received.Body)!["type"]!.GetValue<string>();

    /// <summary>A host that may call this machine.</summary>
    /// <summary>Has a host tell who listens on this machine.</summary>
    internal static void Tell(IServiceCollection services) =>
        services.AddSingleton(NotificationSettings.Read(name => name == NotificationSettings.SecretName ? Secret : "127.0.0.0/8"));

    private static Task<ApiHost> TellingAsync(Action<IServiceCollection>? configure = null, string? folder = null) =>
        ApiHost.StartAsync((Action<IServiceCollection>)Tell + configure, needsKey: false, folder: folder);

    private sealed class TimeADayLater : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(1);
    }
}
