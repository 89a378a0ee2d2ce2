using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.EmbeddedEngine.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>The engine's life in a host: started once, stopped once. What is not over when it stops goes on at the next start.</summary>
public sealed class EmbeddedEngineHost : IAsyncDisposable
{
    private readonly EmbeddedEngineOptions options;
    private readonly IServiceProvider services;
    private readonly EngineThread thread = new();
    private readonly ActivityDispatcher activities;
    private Engine? engine;
    private Task? start;
    private Task? disposal;

    internal EmbeddedEngineHost(EmbeddedEngineOptions options, IServiceProvider services)
    {
        this.options = options;
        this.services = services;
        activities = new ActivityDispatcher(
            services.Activities(), services,
            services.GetService<IActivityIsolation>() is { } isolation ? new SuspectRunner(isolation, services.Loggers().CreateLogger<SuspectRunner>()) : null,
            (work, arrival) => thread.Post(engine => engine.Finish(work, arrival)), (work, failure) => thread.Post(engine => engine.Hold(work, failure)));
    }

    /// <summary>
    /// Completes when the engine has stopped; fails with a <see cref="HostFailureException"/> when its host could not do what an activity
    /// needs, and otherwise when it broke down because its state could not be written. The state folder then has everything up to the last
    /// commit.
    /// </summary>
    public Task Stopped => thread.Ended;

    /// <summary>Takes the state folder and goes on with every instance in it that is not over.</summary>
    /// <exception cref="StateFolderException">The state folder can't be used: the message says why and what to do.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (start is not null)
            throw new InvalidOperationException("the engine was started before");
        start = thread.StartAsync(() => engine = Engine.Open(options, services, thread.Post, activities.Enqueue));
        await start.WaitAsync(cancellationToken);
        activities.Start(options.Parallelism, engine!.Recorder);
    }

    /// <summary>Cancels running activities, which are run again at the next start, and gives the state folder back.</summary>
    /// <param name="cancellationToken">Gives up waiting for activities that don't react.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (start is null)
            return;
        try
        {
            await activities.StopAsync().WaitAsync(cancellationToken);
        }
        finally
        {
            await thread.StopAsync();
        }
    }

    /// <summary>
    /// What an activity could not do, and tries again, since the host's disk or storage can't be read or written; null if there is nothing. What is wrong with one instance's data alone is not among it.
    /// </summary>
    /// <exception cref="OperationCanceledException">The engine has stopped, or the wait was cancelled.</exception>
    public Task<string?> FindStorageFailureAsync(CancellationToken cancellationToken) => AskAsync(engine => engine.StorageFailure, cancellationToken);

    /// <summary>
    /// As <see cref="StopAsync"/>; a breakdown has been reported by <see cref="Stopped"/>. Both who started it and the container that made it
    /// may ask for it.
    /// </summary>
    public ValueTask DisposeAsync() => new(disposal ??= DisposeOnceAsync());

    private async Task DisposeOnceAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        activities.Dispose();
        engine?.Recorder.Dispose();
    }

    /// <inheritdoc cref="EngineThread.AtRestAsync"/>
    internal async Task<DateTime?> AtRestAsync()
    {
        var rest = thread.AtRestAsync();
        await WaitAsync(rest, CancellationToken.None);
        return await rest;
    }

    /// <summary>Asks the engine something; the answer comes when it is committed.</summary>
    /// <exception cref="OperationCanceledException">The engine has stopped, or the wait was cancelled.</exception>
    internal async Task<T> AskAsync<T>(Func<Engine, T> request, CancellationToken cancellationToken)
    {
        if (start is null)
            throw new InvalidOperationException("the engine has not been started");
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Post(engine => engine.Answer(request, answer));
        await WaitAsync(answer.Task, cancellationToken);
        return await answer.Task;
    }

    /// <summary>Waits for something that happens only as long as the engine runs.</summary>
    internal async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        await Task.WhenAny(task, Stopped).WaitAsync(cancellationToken);
        if (task.IsCompleted)
            return;
        await Stopped;
        throw new OperationCanceledException("the engine has stopped; the instance goes on when it is started again");
    }
}
