using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.Faults.Tests.Support;

/// <summary>How a client sleeps.</summary>
public enum Sleep
{
    /// <summary>Until it is told to stop.</summary>
    Light,

    /// <summary>For ever, whatever it is told.</summary>
    Deep,
}

/// <summary>A training engine with one client that falls asleep in every training.</summary>
internal sealed class SleepyEngine(ITrainingEngine inner, int sleeper, Sleep sleep) : ITrainingEngine, IDisposable
{
    private readonly Sleep sleep = sleep;
    private readonly ManualResetEventSlim morning = new();
    private int slept;

    /// <summary>How many have fallen asleep.</summary>
    public int Slept => slept;

    public string Name => inner.Name;

    public string? WhyNot(Network network) => inner.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task)
    {
        if (task.Client == sleeper)
            Interlocked.Increment(ref slept);
        return task.Client == sleeper ? new Session(this) : inner.StartTraining(task);
    }

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        inner.Evaluate(network, parameters, examples, cancellationToken);

    /// <summary>Wakes those who would sleep for ever.</summary>
    public void Dispose() => morning.Set();

    private sealed class Session(SleepyEngine engine) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken)
        {
            engine.morning.Wait(engine.sleep == Sleep.Light ? cancellationToken : CancellationToken.None);
            throw new InvalidOperationException("woken");
        }

        public ModelParameters GetParameters() => throw new InvalidOperationException("nothing was trained");

        public void Dispose()
        {
        }
    }
}
