using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace FlDurable.Api.Tests.Support;

/// <summary>The requests that the Azure SDK, anywhere in this process, sends about a federation.</summary>
/// <param name="id">The federation.</param>
internal sealed class SentRequests(string id) : EventListener
{
    private const string Source = "Azure-Core";
    private const string Sending = "Request";

    private readonly ConcurrentQueue<(string Method, string Path)> all = [];

    /// <summary>Each request's method, and the address that it went to.</summary>
    public IReadOnlyCollection<(string Method, string Path)> All => all;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
            EnableEvents(eventSource, EventLevel.Informational);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == Sending && Value("uri") is var uri && uri.Contains($"/{id}/", StringComparison.Ordinal))
            all.Enqueue((Value("method"), new Uri(uri).AbsolutePath));

        string Value(string name) => (string)eventData.Payload![eventData.PayloadNames!.IndexOf(name)]!;
    }
}
