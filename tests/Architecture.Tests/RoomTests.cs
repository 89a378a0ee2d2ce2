using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.xUnitV3;
using FlDurable.Api;
using FlDurable.ClientActivities;
using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Shared.Json;
using FlDurable.TorchEngine;
using FlDurable.Worker;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace FlDurable.Architecture.Tests;

/// <summary>The rooms of DESIGN.md §2: arrows point down only.</summary>
public sealed class RoomTests
{
    private const string Shared = "FlDurable.Shared";
    private const string ClientActivities = "FlDurable.ClientActivities";
    private const string LanesEngine = "FlDurable.LanesEngine";
    private const string TorchEngine = "FlDurable.TorchEngine";
    private const string Orchestrator = "FlDurable.Orchestrator";
    private const string Api = "FlDurable.Api";
    private const string EmbeddedEngine = "FlDurable.EmbeddedEngine";
    private const string DurableTask = "FlDurable.DurableTask";
    private const string Worker = "FlDurable.Worker";
    private const string LocalHost = "FlDurable.LocalHost";

    [Theory]
    [InlineData(Shared, ClientActivities, LanesEngine, TorchEngine, Orchestrator, Api, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(ClientActivities, LanesEngine, TorchEngine, Orchestrator, Api, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(LanesEngine, TorchEngine, Orchestrator, Api, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(TorchEngine, LanesEngine, Orchestrator, Api, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(Orchestrator, ClientActivities, LanesEngine, TorchEngine, Api, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(Api, ClientActivities, LanesEngine, TorchEngine, EmbeddedEngine, DurableTask, Worker, LocalHost)]
    [InlineData(EmbeddedEngine, ClientActivities, LanesEngine, TorchEngine, Api, DurableTask, Worker, LocalHost)]
    [InlineData(DurableTask, ClientActivities, LanesEngine, TorchEngine, Api, EmbeddedEngine, Worker, LocalHost)]
    [InlineData(Worker, LanesEngine, TorchEngine, Orchestrator, Api, EmbeddedEngine, DurableTask, LocalHost)]
    public void A_room_knows_only_the_rooms_below_it(string room, params string[] others)
    {
        foreach (var other in others)
            NotDependOn(TypesIn(room), TypesIn(other)).Check(House.Built);
    }

    [Fact]
    public void The_durable_port_knows_only_contracts() =>
        NotDependOn(TypesIn($"{Orchestrator}.Durable"), Types().That().ResideInNamespaceMatching(
            @"^FlDurable\.(?!Orchestrator\.Durable($|\.)|Shared\.(Contracts|Json)($|\.))")).Check(House.Built);

    [Theory]
    [InlineData(EmbeddedEngine)]
    [InlineData(DurableTask)]
    public void A_durable_engine_knows_only_the_port_of_the_orchestrator(string engine) =>
        NotDependOn(TypesIn(engine), Types().That().ResideInNamespaceMatching(
            @"^FlDurable\.Orchestrator($|\.(?!Durable($|\.)))")).Check(House.Built);

    [Fact]
    public void Only_the_API_and_the_hosts_know_the_web_framework()
    {
        Assert.Contains(typeof(FederationApi).Assembly.GetReferencedAssemblies(), IsWeb);
        Assert.All(
            [typeof(ContractJson), typeof(ITrainingEngine), typeof(Orchestrations), typeof(EmbeddedEngineOptions), typeof(LanesTrainingEngine), typeof(TorchTrainingEngine), typeof(TaskHub), typeof(SiteWorker)],
            type => Assert.DoesNotContain(type.Assembly.GetReferencedAssemblies(), IsWeb));

        static bool IsWeb(System.Reflection.AssemblyName assembly) => assembly.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal);
    }

    [Fact]
    public void A_dependency_that_is_there_is_seen() =>
        Assert.False(NotDependOn(TypesIn(LocalHost), TypesIn(Shared)).HasNoViolations(House.Built));

    [Fact]
    public void There_are_types_in_every_room() => Assert.All(
        [Shared, ClientActivities, LanesEngine, TorchEngine, Orchestrator, $"{Orchestrator}.Durable", Api, EmbeddedEngine, DurableTask, Worker, LocalHost],
        room => Assert.NotEmpty(TypesIn(room).GetObjects(House.Built)));

    private static IObjectProvider<IType> TypesIn(string room) =>
        Types().That().ResideInNamespaceMatching($@"^{room.Replace(".", @"\.", StringComparison.Ordinal)}($|\.)").As(room);

    private static IArchRule NotDependOn(IObjectProvider<IType> room, IObjectProvider<IType> other) =>
        Types().That().Are(room).Should().NotDependOnAny(other);
}
