using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace FlDurable.Shared.Notifications;

/// <summary>
/// Sends signed messages to addresses that callers name, as Standard Webhooks (standardwebhooks.com) has it. An address is judged where it is
/// connected to, so that neither a name that leads elsewhere the next time nor a redirect, which is not followed, passes; what is answered is not read.
/// </summary>
public sealed class NotificationSender : IDisposable
{
    private const int MostHeaderKilobytes = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NotificationSettings settings;
    private readonly TimeProvider time;
    private readonly CallableAddresses addresses;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve;
    private readonly HttpClient http;

    /// <summary>Sends as a host is set.</summary>
    /// <param name="settings">What to sign with, and whom to call.</param>
    /// <param name="time">What is waited and dated by.</param>
    public NotificationSender(NotificationSettings settings, TimeProvider time)
        : this(settings, time, (host, cancel) => Dns.GetHostAddressesAsync(host, cancel))
    {
    }

    /// <summary>With names of a test's own.</summary>
    internal NotificationSender(NotificationSettings settings, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        this.settings = settings;
        this.time = time;
        this.resolve = resolve;
        addresses = new CallableAddresses(settings.AllowedNetworks);
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false, // it would connect in our place, to whatever it likes
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // ours is by the clock that we were given
        };
    }

    /// <summary>Sends a message.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="id">By which whoever gets it twice knows it again.</param>
    /// <param name="body">What it says, as JSON.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotDeliveredException">It was not taken. The message does not name the path, which may hold a secret.</exception>
    public async Task SendAsync(Uri url, string id, string body, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, MediaTypeNames.Application.Json) };
            Sign(request.Headers, id, body);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
                throw new NotDeliveredException($"{url.Host} answered {(int)response.StatusCode}", response.StatusCode == HttpStatusCode.Gone);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or OperationCanceledException
            && !cancellationToken.IsCancellationRequested)
        {
            var reason = timeout.IsCancellationRequested
                ? FormattableString.Invariant($"no answer in {Patience.TotalSeconds} seconds")
                : exception.GetBaseException().Message;
            throw new NotDeliveredException($"{url.Host} can't be told: {reason}", isForGood: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private void Sign(HttpRequestHeaders headers, string id, string body)
    {
        var secret = settings.Secret ?? throw new NotDeliveredException($"there is no {NotificationSettings.SecretName} here to sign with", isForGood: false);
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        headers.Add("webhook-id", id);
        headers.Add("webhook-timestamp", timestamp);
        headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}");
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var endpoint = context.DnsEndPoint;
        var isPlain = context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttp;
        var found = IPAddress.TryParse(endpoint.Host, out var literal) ? [literal] : await resolve(endpoint.Host, cancellationToken);
        var callable = found.Where(address => isPlain ? addresses.IsAllowed(address) : addresses.IsCallable(address)).ToArray();
        if (callable.Length == 0)
        {
            throw new HttpRequestException(isPlain
                ? $"http:// is for the networks in {NotificationSettings.NetworksName} alone"
                : $"its address is not public, nor in {NotificationSettings.NetworksName}");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(callable, endpoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A message was not taken.</summary>
/// <param name="message">By whom, and why.</param>
/// <param name="isForGood">Whether whoever was told wants no more of them.</param>
public sealed class NotDeliveredException(string message, bool isForGood) : Exception(message)
{
    /// <summary>Whether whoever was told wants no more of them.</summary>
    public bool IsForGood { get; } = isForGood;
}
