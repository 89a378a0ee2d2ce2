using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>The paths of the API below the host's address, or below the prefix that a proxy puts before it.</summary>
/// <param name="Root">What they all begin with: <c>/api</c>, but on Azure Functions whatever <c>host.json</c> has as <c>routePrefix</c>.</param>
public sealed record FederationPaths(string Root = FederationPaths.DefaultRoot)
{
    /// <summary>What they begin with on every host that is not told otherwise.</summary>
    public const string DefaultRoot = "/api";

    /// <summary>All federations.</summary>
    public string Federations => $"{Root}/federations";

    /// <summary>Partitioned data.</summary>
    public string Datasets => $"{Root}/datasets";

    /// <summary>The OpenAPI document.</summary>
    public string Document => $"{Root}/openapi.json";

    /// <summary>A page that shows it.</summary>
    public string Page => $"{Root}/docs";

    /// <summary>A page that shows federations.</summary>
    public string Dashboard => $"{Root}/dashboard";

    /// <summary>One federation.</summary>
    public string Federation(string id) => $"{Federations}/{id}";

    /// <summary>Its parameters after a round.</summary>
    public string RoundModel(string id, int round) => $"{Round(id, round)}/model";

    /// <summary>Its final parameters.</summary>
    public string Model(string id) => $"{Federation(id)}/model";

    /// <summary>The record of one of its rounds.</summary>
    public string Round(string id, int round) => FormattableString.Invariant($"{Federation(id)}/rounds/{round}");
}

/// <summary>An answer with paths in it.</summary>
internal interface IHasPaths<out T>
{
    /// <summary>The same where every path of the host stands below a prefix.</summary>
    T Below(PathString prefix);
}
