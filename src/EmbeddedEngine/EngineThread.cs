using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Storage;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// The one thread on which an engine's state changes and SQLite is called. It takes all messages that are there, lets the engine act on
/// them and commits once for all of them.
/// </summary>
internal sealed class EngineThread
{
    private readonly List<TaskCompletionSource<DateTime?>> waitingForRest = [];
    private readonly Mailbox<Action<Engine>> mailbox = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the thread has ended, with the exception that ended it if one did.</summary>
    public Task Ended => ended.Task;

    /// <summary>Begins the engine.</summary>
    /// <param name="open">Opens it, on the thread.</param>
    /// <returns>Completes when it has resumed its instances.</returns>
    /// <exception cref="StateFolderException">The state folder can't be used.</exception>
    public Task StartAsync(Func<Engine> open)
    {
        new Thread(() => Run(open)) { IsBackground = true, Name = "durable engine" }.Start();
        return started.Task;
    }

    /// <summary>Leaves a message; without effect once the thread has ended.</summary>
    public void Post(Action<Engine> message) => mailbox.TryPost(message);

    /// <summary>Completes when nothing will happen any more but by the clock or from outside: for tests in virtual time.</summary>
    /// <returns>When the next timer is due, if there is one.</returns>
    public Task<DateTime?> AtRestAsync()
    {
        var rest = new TaskCompletionSource<DateTime?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(_ => waitingForRest.Add(rest));
        return rest.Task;
    }

    /// <summary>Lets the thread end when it has done what was posted.</summary>
    public Task StopAsync()
    {
        mailbox.Close();
        return Ended;
    }

    private void TellWhoWaitsForRest(Engine engine)
    {
        if (waitingForRest.Count == 0 || engine.UnfinishedActivities > 0 || !mailbox.IsEmpty)
            return;
        foreach (var rest in waitingForRest)
            rest.SetResult(engine.NextTimer);
        waitingForRest.Clear();
    }

    private void Run(Func<Engine> open)
    {
        try
        {
            RunEngine(open);
            ended.SetResult();
        }
        catch (Exception e)
        {
            // Memory may be ahead of the disk now. Whoever opens the folder again goes on from the last commit.
            mailbox.Close();
            started.TrySetException(e);
            ended.SetException(e);
        }
    }

    private void RunEngine(Func<Engine> open)
    {
        using var engine = open();
        try
        {
            RunUntilClosed(engine);
        }
        catch (Exception exception)
        {
            engine.TellEnd(exception);
            throw;
        }
    }

    private void RunUntilClosed(Engine engine)
    {
        engine.Resume();
        started.SetResult();
        while (mailbox.TakeAll() is { Count: > 0 } messages)
        {
            foreach (var message in messages)
                message(engine);
            if (engine.RunTurnsAndCommit())
                mailbox.TryPost(static _ => { });
            else
                TellWhoWaitsForRest(engine);
        }
    }
}
