using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests.Support;

/// <summary>Holds a federation when its first client has trained, until it may go on.</summary>
internal sealed class MiddleOfARound : IDisposable
{
    // A test that fails meanwhile ends nevertheless: its host waits for its clients.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim goOn = new();

    /// <summary>Completes when a client has trained and others have not.</summary>
    public Task Reached => reached.Task;

    /// <summary>Watches a host's clients train, each on its own thread.</summary>
    public void Configure(IServiceCollection services) => services.ObserveActivity(Activities.TrainClient, (_, _) =>
    {
        reached.TrySetResult();
        goOn.Wait(Longest);
    });

    /// <summary>Lets it go on.</summary>
    public void GoOn() => goOn.Set();

    public void Dispose()
    {
        goOn.Set();
        goOn.Dispose();
    }
}
