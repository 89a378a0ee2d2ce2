namespace FlDurable.Api;

/// <summary>The paths of the API, the same in every host.</summary>
public static class FederationPaths
{
    /// <summary>All federations.</summary>
    public const string Federations = "/api/federations";

    /// <summary>The OpenAPI document.</summary>
    public const string Document = "/api/openapi.json";

    /// <summary>A page that shows it.</summary>
    public const string Page = "/api/docs";

    /// <summary>One federation.</summary>
    public static string Federation(string id) => $"{Federations}/{id}";

    /// <summary>Its final parameters.</summary>
    public static string Model(string id) => $"{Federations}/{id}/model";
}
