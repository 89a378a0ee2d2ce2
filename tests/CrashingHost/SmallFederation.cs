using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.CrashingHost;

/// <summary>A federation that takes no time: 10 clients, 3 rounds, a network of 490 parameters on synthetic images.</summary>
internal static class SmallFederation
{
    public const string Id = "fed";

    public static FederationSpec Spec { get; } = new()
    {
        Id = Id,
        Network = "small",
        Data = "synthetic:train=100,test=20",
        Clients = 10,
        Rounds = 3,
        BatchSize = 8,
        CohortSize = 1,
    };

    /// <summary>
    /// What is killed point by point, by name: the server keeps nothing; it keeps moments; it needs the updates of two leaves one by one; the
    /// clients keep something, too, of whom not all are in each round; its rounds change, and it stops early; noise is added to the mean;
    /// some clients are hostile, and look at the others.
    /// </summary>
    public static IReadOnlyDictionary<string, FederationSpec> Killed { get; } = new Dictionary<string, FederationSpec>(StringComparer.Ordinal)
    {
        ["average"] = Spec,
        ["moments"] = Spec with { Clients = 3, Strategy = "fedadam" },
        ["controls"] = Spec with { Clients = 5, FractionFit = 0.4, Strategy = "scaffold", Optimizer = "sgd", LearningRate = 0.1, Retention = "last:2" },
        ["changing"] = Spec with
        {
            Clients = 3,
            Rounds = 6,
            Retention = "last:1",
            Epochs = Schedule.ByRound(1, 2),
            LearningRate = Schedule.By(new ScheduleCourse(0.02, Step: 1, Factor: 0.1)),
            KeepBest = "centralLoss",
            StopWhen = new StopRule("fitAccuracy", Patience: 2),
        },
        ["private"] = Spec with
        {
            Clients = 6,
            FractionFit = 0.25,
            Strategy = "fedavgm",
            Privacy = new PrivacyOptions(NoiseMultiplier: 0.5, Clipping: PrivacyOptions.Adaptive, CountNoise: 1),
        },
        ["attacked"] = Spec with
        {
            Clients = 5,
            Strategy = "geometricmedian",
            Attack = ContractJson.Deserialize<SpecChoice>("""{"name":"alie","named":"client-1,client-3"}"""),
        },
        ["median"] = Spec with { Clients = 65, Rounds = 1, CohortSize = 13, FractionEvaluate = 0, Strategy = "fedmedian" },
    };

    /// <summary>What noise is drawn from: with it somebody is drawn in the first and the third round, and nobody in the second.</summary>
    public static byte[] PrivacyKey { get; } = [.. Enumerable.Repeat((byte)222, SecretStream.KeyLength)];

    private static Network Network { get; } = new("small", new ImageShape(3, 32, 32),
        [new MaxPool2d(2), new MaxPool2d(2), new MaxPool2d(2), new Flatten(), new Linear("fc", 48, 10)]);

    /// <summary>Where a state folder's artifacts are.</summary>
    public static string Artifacts(string state) => Path.Combine(state, "artifacts");

    /// <summary>Adds all that a host of it needs, but for the embedded engine and the artifact store.</summary>
    public static IServiceCollection AddSmallFederation(this IServiceCollection services, string cache) => services
        .AddNetwork(Network)
        .AddNetworks()
        .AddDatasets(cache)
        .AddLanesEngine()
        .AddClientActivities()
        .AddFederations();

    /// <summary>Wraps every activity that was added before.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="wrap">Takes an activity's name, its input as JSON and what runs it.</param>
    public static IServiceCollection WrapActivities(this IServiceCollection services, ActivityWrapper wrap)
    {
        foreach (var service in services.Where(service => service.ServiceType == typeof(ActivityRegistration)).ToList())
        {
            var inner = (ActivityRegistration)service.ImplementationInstance!;
            services.Remove(service);
            services.AddSingleton(new ActivityRegistration(inner.Name, inner.IsOfClients, (provider, input, cancellationToken) =>
                wrap(provider, inner.Name, input, () => inner.RunAsync(provider, input, cancellationToken)), inner.WaitsForData, inner.AsksEngine));
        }

        return services;
    }
}

/// <summary>Runs an activity, or does something else.</summary>
/// <param name="services">The host's services.</param>
/// <param name="activity">The activity's name.</param>
/// <param name="input">Its input as JSON.</param>
/// <param name="run">Runs it.</param>
/// <returns>Its output as JSON.</returns>
internal delegate Task<string> ActivityWrapper(IServiceProvider services, string activity, string input, Func<Task<string>> run);
