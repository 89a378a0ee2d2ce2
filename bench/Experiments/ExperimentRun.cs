using System.Diagnostics;
using FlDurable.Bench.Training;
using FlDurable.LanesEngine;
using FlDurable.Shared.Specs;

namespace FlDurable.Bench.Experiments;

/// <summary>Runs experiments one after another, says before each how long it will take, and keeps each outcome as soon as it is there.</summary>
internal sealed class ExperimentRun(ExperimentRequest request, IReadOnlyList<Experiment> experiments)
{
    private const int Images = 50_000;
    private const int TestImages = 10_000;

    // Evaluation has a third of training's arithmetic.
    private const double EvaluationShare = 1.0 / 3;

    private readonly OutcomeFile file = new(request.Results);

    /// <summary>Runs what has no outcome yet.</summary>
    /// <returns>Every outcome that there is, by its <see cref="Experiment.Key"/>.</returns>
    public async Task<IReadOnlyDictionary<string, Outcome>> RunAsync(CancellationToken cancellationToken)
    {
        var outcomes = file.Read();
        var left = experiments.Where(experiment => !outcomes.ContainsKey(experiment.Key)).ToList();
        if (request.TableOnly || left.Count == 0)
            return outcomes;
        if (Path.GetDirectoryName(Path.GetFullPath(request.Results)) is { } folder)
            Directory.CreateDirectory(folder);
        var estimate = Estimate();
        Console.Error.WriteLine(FormattableString.Invariant(
            $"{left.Count} of {experiments.Count} federations to run, about {estimate:f0} s each: {left.Count * estimate / 60:f0} min; outcomes go to {request.Results}"));
        var done = 0;
        foreach (var division in left.GroupBy(experiment => experiment.Division))
        {
            await using var host = await ExperimentHost.StartAsync(cancellationToken);
            foreach (var experiment in division)
            {
                Console.Error.WriteLine(FormattableString.Invariant(
                    $"{DateTime.Now:HH:mm:ss} {done + 1}/{left.Count} {experiment.Row}, {experiment.Column}, seed {experiment.Seed}: about {estimate:f0} s, all that are left {(left.Count - done) * estimate / 60:f0} min"));
                var outcome = await host.RunAsync(experiment, request.Data, cancellationToken);
                file.Append(outcome);
                outcomes[outcome.Key] = outcome;

                // What the last ones took tells more than the first guess.
                estimate = done++ == 0 ? outcome.Seconds : ((3 * estimate) + outcome.Seconds) / 4;
                Console.Error.WriteLine(FormattableString.Invariant(
                    $"         {outcome.Accuracies[^1]:p1}{(outcome.BackdoorSuccess is { } success ? $", backdoor {success:p1}" : "")} in {outcome.Seconds:f0} s{(outcome.Failure is null ? "" : $"; {outcome.Failure}")}"));
            }
        }

        return outcomes;
    }

    /// <summary>Seconds that a federation takes, from a second of training.</summary>
    private double Estimate()
    {
        var given = new TrainingCase(new NetworkRegistry().Get("cifar10-cnn").Usual, batchSize: 32, batches: 128);
        using var session = new LanesTrainingEngine().StartTraining(given.TaskOf(0));
        session.TrainEpoch(default);
        var started = Stopwatch.GetTimestamp();
        session.TrainEpoch(default);
        var secondsAnImage = Stopwatch.GetElapsedTime(started).TotalSeconds / given.Examples.Count;
        var visits = (request.Rounds * request.Epochs * (double)Images) + ((request.Rounds + 1) * EvaluationShare * TestImages);
        return secondsAnImage * visits / Environment.ProcessorCount;
    }
}
