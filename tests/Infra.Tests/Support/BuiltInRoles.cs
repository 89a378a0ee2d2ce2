namespace FlDurable.Infra.Tests.Support;

/// <summary>Roles' names by their ids, from Microsoft's list, not from the templates.</summary>
internal static class BuiltInRoles
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["0ad04412-c4d5-4796-b79c-f76d14c8d402"] = "Durable Task Data Contributor",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"] = "Storage Queue Data Message Sender",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
    };

    public static string Name(string roleDefinitionId)
    {
        var id = roleDefinitionId.Split('/')[^1];
        return Names.GetValueOrDefault(id, $"unknown role {id}");
    }
}
