using Azure.Storage.Queues;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>Calls the app's functions for the messages of their queues, as the Functions host does.</summary>
internal sealed class QueueCalls : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task calling;

    private QueueCalls(Func<CancellationToken, Task> call) => calling = Task.Run(() => call(stop.Token));

    /// <param name="app">The app's services.</param>
    /// <param name="client">The client of the hub.</param>
    /// <param name="storage">The account.</param>
    /// <param name="onRun">Told the name of each function that is run.</param>
    public static QueueCalls Start(IServiceProvider app, DurableTaskClient client, string storage, Action<string> onRun) => new(async cancel =>
    {
        var (function, parameter, trigger) = Assert.Single(FunctionMethod.TriggeredBy<QueueTriggerAttribute>());
        var queue = new QueueClient(storage, trigger.QueueName, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2025_05_05) { MessageEncoding = QueueMessageEncoding.None });
        await queue.CreateIfNotExistsAsync(cancellationToken: cancel);
        using var poll = new PeriodicTimer(AppHost.PollInterval);
        try
        {
            while (await poll.WaitForNextTickAsync(cancel))
            {
                foreach (var message in (await queue.ReceiveMessagesAsync(maxMessages: 8, cancellationToken: cancel)).Value)
                {
                    onRun(function.Name);
                    await function.InvokeAsync(
                        app, bound => bound == parameter ? message.MessageText : bound.ParameterType == typeof(DurableTaskClient) ? client : CancellationToken.None);
                    await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancel);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // It is over.
        }
    });

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await calling;
        stop.Dispose();
    }
}
