using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// What a caller may take of the server before it is known whether he has a key: connections, memory, and time. Whoever sends slowly or
/// not at all holds a connection and no thread, and that not for ever.
/// </summary>
internal static class CallerLimits
{
    private const int MaxConnections = 1_000;

    /// <summary>Above what the API takes, which answers by itself to what is longer than that.</summary>
    private const int MaxBodyBytes = 2 << 20;
    private const int MaxHeaderBytes = 16 << 10;
    private const int MaxHeaders = 64;
    private const int MaxBufferedBytes = 64 << 10;
    private const double LeastBytesPerSecond = 240;
    private static readonly TimeSpan HeadersPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdlePatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan SlownessPatience = TimeSpan.FromSeconds(10);

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = MaxConnections;
        limits.MaxRequestBodySize = MaxBodyBytes;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestBufferSize = MaxBufferedBytes;
        limits.RequestHeadersTimeout = HeadersPatience;
        limits.KeepAliveTimeout = IdlePatience;
        limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesPerSecond, SlownessPatience);
        limits.MinResponseDataRate = new MinDataRate(LeastBytesPerSecond, SlownessPatience);
    }
}
