using FlDurable.ClientActivities;
using FlDurable.CrashingHost;
using FlDurable.Faults.Tests.Support;
using FlDurable.LanesEngine;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Faults.Tests;

/// <summary>A client whose update is finite, and so large that an average with it can't be evaluated, or is of no use.</summary>
public sealed class PoisonedUpdateTests(Federations federations) : IClassFixture<Federations>
{
    private const int Poisoner = 1;

    [Theory]
    [InlineData(true, 3e38f)]
    [InlineData(false, 3e38f)]
    [InlineData(true, 1e6f)]
    [InlineData(false, 1e6f)]
    public async Task A_poisoned_update_is_its_clients_failure_and_the_federation_is_that_of_the_others(bool centralEvaluation, float magnitude)
    {
        var spec = SmallFederation.Spec with
        {
            Clients = 4,
            Rounds = 2,
            RoundAttempts = 1,
            CentralEvaluation = centralEvaluation,
            FractionEvaluate = 1,
        };

        var poisoned = await RunAsync(spec, new HostFaults
        {
            Services = services => services.RemoveAll<ITrainingEngine>().AddSingleton<ITrainingEngine>(new PoisoningEngine(new LanesTrainingEngine(), magnitude)),
        });
        var without = await RunAsync(spec, new HostFaults
        {
            Activities = (_, activity, input, run) =>
                activity == Activities.TrainClient.Name && ContractJson.Deserialize<CohortInput>(input).First == Poisoner
                    ? throw new InvalidOperationException("it is not there")
                    : run(),
        });

        Assert.Equal(FederationStatus.Completed, poisoned.Status);
        Assert.Equal(without.Rounds.Select(round => round.ParametersSha256), poisoned.Rounds.Select(round => round.ParametersSha256));
        foreach (var round in poisoned.Rounds.Skip(1))
        {
            var failure = Assert.Single(round.Failures, failure => failure.Activity == Activities.TrainClient.Name);
            Assert.Equal("client-1", failure.Client);
            Assert.Contains("its distance from the global parameters is", failure.Reason, StringComparison.Ordinal);
            Assert.Contains("the first is client-1's", Assert.Single(round.Events!), StringComparison.Ordinal);
        }
    }

    private async Task<FederationResult> RunAsync(FederationSpec spec, HostFaults faults)
    {
        using var state = new TestFolder();
        await using var host = VirtualHost.Create(state["state"], federations.Cache, faults);
        await host.LaunchAsync(spec);
        await host.RunToEndAsync();
        var result = await host.Services.GetRequiredService<IArtifactStore>().FindJsonAsync<FederationResult>(
            ArtifactNames.Result(SmallFederation.Id), TestContext.Current.CancellationToken);
        return result!;
    }

    private sealed class PoisoningEngine(ITrainingEngine inner, float magnitude) : ITrainingEngine
    {
        public string Name => inner.Name;

        public string? WhyNot(Network network) => inner.WhyNot(network);

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
            inner.Evaluate(network, parameters, examples, cancellationToken);

        public ITrainingSession StartTraining(TrainingTask task)
        {
            var session = inner.StartTraining(task);
            return task.Client == Poisoner ? new PoisoningSession(session, magnitude) : session;
        }
    }

    private sealed class PoisoningSession(ITrainingSession inner, float magnitude) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken) => inner.TrainEpoch(cancellationToken);

        public ModelParameters GetParameters()
        {
            var parameters = inner.GetParameters();
            foreach (ref var value in parameters.Values)
                value = float.CopySign(magnitude, value); // of one sign they would be the same logit for every class
            return parameters;
        }

        public void Dispose() => inner.Dispose();
    }
}
