using ArchUnitNET.Domain;

namespace FlDurable.Architecture.Tests;

/// <summary>Arrows point down only, also among the folders of a project: whoever opens one need not know those that use it.</summary>
public sealed class FolderTests
{
    [Theory]
    [InlineData("FlDurable.Shared")]
    [InlineData("FlDurable.ClientActivities")]
    [InlineData("FlDurable.LanesEngine")]
    [InlineData("FlDurable.TorchEngine")]
    [InlineData("FlDurable.Orchestrator")]
    [InlineData("FlDurable.Api")]
    [InlineData("FlDurable.EmbeddedEngine")]
    [InlineData("FlDurable.DurableTask")]
    [InlineData("FlDurable.FunctionApp")]
    [InlineData("FlDurable.Worker")]
    [InlineData("FlDurable.LocalHost")]
    public void The_folders_of_a_project_use_each_other_in_no_circle(string project)
    {
        var uses = UsesIn(project);
        Assert.NotEmpty(uses);
        var circle = new FolderGraph(uses).FindCircle(project);
        Assert.True(circle is null, circle);
    }

    [Theory]
    [InlineData("FlDurable.Shared.Contracts", "FederationPlan", "FlDurable.Shared.Specs", "FederationSpec")] // of a method's signature
    [InlineData("FlDurable.Shared.Records", "RecordedFederation", "FlDurable.Shared.Storage", "ArtifactNames")] // called in an asynchronous method
    [InlineData("FlDurable.Orchestrator", "OrchestratorExtensions", "FlDurable.Orchestrator.ServerActivities", "RecordRound")] // the argument of a type
    [InlineData("FlDurable.Shared.Specs", "ChoiceField", "FlDurable.Shared.Json", "ContractJson")] // called in a method
    public void A_use_is_seen_in_signatures_and_in_bodies(string from, string user, string to, string used) =>
        Assert.Contains(new FolderUse(from, user, to, used), UsesIn(string.Join('.', from.Split('.').Take(2))));

    [Fact]
    public void A_circle_is_named_with_a_use_for_each_arrow() => Assert.Equal(
        "House: Kitchen → Hall (Cook uses Door), Hall → Kitchen (Guest uses Bread)",
        new FolderGraph([
            new("House.Kitchen", "Cook", "House.Hall", "Door"),
            new("House.Hall", "Guest", "House.Kitchen.Pantry", "Bread"),
        ]).FindCircle("House"));

    [Fact]
    public void Files_beside_a_folder_and_the_folder_make_a_circle() => Assert.Equal(
        "House.Hall: (own files) → Wardrobe (Guest uses Coat), Wardrobe → (own files) (Coat uses Guest)",
        new FolderGraph([
            new("House.Hall", "Guest", "House.Hall.Wardrobe", "Coat"),
            new("House.Hall.Wardrobe", "Coat", "House.Hall", "Guest"),
        ]).FindCircle("House"));

    [Fact]
    public void Arrows_that_lead_down_make_no_circle() => Assert.Null(
        new FolderGraph([
            new("House", "Owner", "House.Hall", "Door"),
            new("House", "Owner", "House.Kitchen", "Cook"),
            new("House.Hall", "Guest", "House.Kitchen.Pantry", "Bread"),
            new("House.Kitchen", "Cook", "House.Kitchen.Pantry", "Bread"),
        ]).FindCircle("House"));

    private static List<FolderUse> UsesIn(string project) =>
    [
        .. from type in House.Built.Types.Where(type => IsIn(type, project))
           from used in type.Dependencies.Select(dependency => dependency.Target).Where(used => IsIn(used, project))
           let use = new FolderUse(type.Namespace.FullName, Outer(type), used.Namespace.FullName, Outer(used))
           where use.User != use.Used || use.From != use.To
           select use,
    ];

    /// <summary>A parameter of a generic method is a type too, with the namespace of whichever method has one of that name.</summary>
    private static bool IsIn(IType type, string project) =>
        type is not GenericParameter && type.Namespace?.FullName is { } folder
        && (folder == project || folder.StartsWith($"{project}.", StringComparison.Ordinal));

    /// <summary>A nested type's name is the one that it is in: a lambda's class is nobody's business.</summary>
    private static string Outer(IType type) => type.FullName[(type.Namespace.FullName.Length + 1)..].Split('+', '/', '`')[0];
}
