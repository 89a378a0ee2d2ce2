using FlDurable.ClientActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

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
    private int asleep;
    private int slept;

    /// <summary>How many trainings sleep.</summary>
    public int Asleep => asleep;

    /// <summary>How many have fallen asleep.</summary>
    public int Slept => slept;

    public string Name => inner.Name;

    public string? WhyNot(Network network) => inner.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task)
    {
        if (task.Client == sleeper)
            FallAsleep();
        return task.Client == sleeper ? new Session(this) : inner.StartTraining(task);
    }

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        inner.Evaluate(network, parameters, examples, cancellationToken);

    /// <summary>Wakes those who would sleep for ever, so that the test can end.</summary>
    public void Wake() => morning.Set();

    public void Dispose() => morning.Dispose();

    private void FallAsleep()
    {
        Interlocked.Increment(ref asleep);
        Interlocked.Increment(ref slept);
    }

    private sealed class Session(SleepyEngine engine) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken)
        {
            try
            {
                engine.morning.Wait(engine.sleep == Sleep.Light ? cancellationToken : CancellationToken.None);
                throw new InvalidOperationException("woken");
            }
            finally
            {
                Interlocked.Decrement(ref engine.asleep);
            }
        }

        public ModelParameters GetParameters() => throw new InvalidOperationException("nothing was trained");

        public void Dispose()
        {
        }
    }
}
