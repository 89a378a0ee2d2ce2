using System.Diagnostics.Tracing;

namespace FlDurable.Api.Tests.Support;

/// <summary>Tells when the Azure SDK, anywhere in this process, tries a request again.</summary>
internal sealed class RetriedRequests : EventListener
{
    private const string Source = "Azure-Core";
    private const string Retrying = "RequestRetrying";

    private readonly TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first.</summary>
    public Task Next => next.Task;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == Source)
            EnableEvents(eventSource, EventLevel.Informational);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == Retrying)
            next.TrySetResult();
    }
}
