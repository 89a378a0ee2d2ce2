using ArchUnitNET.Loader;
using FlDurable.Api;
using FlDurable.ClientActivities;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Shared.Contracts;
using FlDurable.TorchEngine;
using FlDurable.Worker;

namespace FlDurable.Architecture.Tests;

/// <summary>Every room of src, as it was built.</summary>
internal static class House
{
    public static ArchUnitNET.Domain.Architecture Built { get; } = new ArchLoader()
        .LoadAssemblies(
            typeof(Activities).Assembly, typeof(ITrainingEngine).Assembly, typeof(Orchestrations).Assembly, typeof(FederationApi).Assembly,
            typeof(EmbeddedEngineOptions).Assembly, typeof(TaskHub).Assembly, typeof(TorchTrainingEngine).Assembly, typeof(LanesTrainingEngine).Assembly,
            typeof(SiteWorker).Assembly,
            System.Reflection.Assembly.Load("FlDurable.FunctionApp"), System.Reflection.Assembly.Load("fldurable"))
        .Build();
}
