using FlDurable.DurableTask.Adapters;
using FlDurable.FunctionApp.Hosting;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Functions;

/// <summary>Work that is offered to the pool, and what came of it.</summary>
public sealed class WorkFunctions(ActivityRunner activities, IOrchestrationClient instances, CurrentDurableClient current, IWorkBoard? board = null)
{
    /// <summary>Offers a cohort's work.</summary>
    [Function(nameof(WorkActivities.OfferWork))]
    public Task<OfferedWork> OfferWork([ActivityTrigger] OfferWorkInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(WorkActivities.OfferWork, input, cancellationToken);

    /// <summary>Looks what has become of it.</summary>
    [Function(nameof(WorkActivities.LookAtWork))]
    public Task<OfferedWork> LookAtWork([ActivityTrigger] LookAtWorkInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(WorkActivities.LookAtWork, input, cancellationToken);

    /// <summary>Withdraws what nobody waits for any more.</summary>
    [Function(nameof(WorkActivities.WithdrawWork))]
    public Task<bool> WithdrawWork([ActivityTrigger] WithdrawWorkInput input, CancellationToken cancellationToken) =>
        activities.RunAsync(WorkActivities.WithdrawWork, input, cancellationToken);

    /// <summary>Tells the instance that waits what came of work. A message that comes twice tells it twice, which changes nothing.</summary>
    /// <exception cref="InvalidDataException">The message tells of nothing that work can come to; the Functions host sets it aside after a few attempts.</exception>
    [Function("TellWork")]
    public async Task TellWork(
        [QueueTrigger($"{WorkAccount.UsualQueue}-results")] string message, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        current.Use(client);
        var told = ContractJson.Deserialize<ToldWork>(message);
        if (!told.IsOfItsWork)
            throw new InvalidDataException("a message in the queue of results tells an instance of something else than its work");
        await instances.RaiseEventAsync(told.Instance, told.Event, told.Result, cancellationToken);
        if (board is not null)
            await board.MarkToldAsync(told.Work, cancellationToken);
    }
}
