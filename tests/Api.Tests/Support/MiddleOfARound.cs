using FlDurable.ClientActivities;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests.Support;

/// <summary>Holds a federation while its third client is at work, until it may go on.</summary>
internal sealed class MiddleOfARound : IDisposable
{
    private const int Held = 2;

    // A test that fails meanwhile ends nevertheless: its host waits for its clients.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim goOn = new();

    /// <summary>Completes when the client has begun.</summary>
    public Task Reached => reached.Task;

    /// <summary>Watches a host's clients train.</summary>
    public void Configure(IServiceCollection services) => services.Decorate<ITrainingEngine>(engine => new OtherTraining(engine, task =>
    {
        if (task.Client == Held)
        {
            reached.TrySetResult();
            goOn.Wait(Longest);
        }

        return engine.StartTraining(task);
    }));

    /// <summary>Lets it go on.</summary>
    public void GoOn() => goOn.Set();

    public void Dispose()
    {
        goOn.Set();
        goOn.Dispose();
    }
}
