using System.Text.Json;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Sites;

/// <summary>The registry of sites, for whoever has the host's key: in a host that has a work board.</summary>
public static class SiteRoutes
{
    private const int MaxBodyBytes = 4 << 10;

    /// <summary>Maps the calls below <c>sites</c>. They are told of in docs/sites.md, not in the API's document, which every host has.</summary>
    public static void MapSites(this IEndpointRouteBuilder routes)
    {
        var root = routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Root;
        var sites = routes.MapGroup($"{root}/sites").ExcludeFromDescription();
        sites.MapGet("", async (ISiteRegistry registry, IWorkBoard board, TimeProvider time, CancellationToken cancel) =>
        {
            var (now, refused) = (time.GetUtcNow(), await board.ListRefusedAsync(cancel));
            return ApiAnswers.Json(new SiteList([.. (await registry.ListAsync(cancel)).Select(entry => SiteView.Of(entry, refused, now))]));
        });
        sites.MapPost("", async (HttpRequest request, ISiteRegistry registry, CancellationToken cancel) =>
            await AddKeyAsync(await ReadNameAsync(request, cancel), "site ", registry, site => $"{root}/sites/{site}/keys", (site, key) => new SiteKey(site, key), cancel));
        sites.MapDelete("/{site}/keys", async (string site, bool? old, ISiteRegistry registry, CancellationToken cancel) =>
            await registry.RevokeAsync(site, sparesNewest: old == true, cancel) is null ? NotThere(site) : TypedResults.NoContent());
    }

    internal static async Task<string> ReadNameAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadJsonAsync(request, MaxBodyBytes, cancellationToken);
        try
        {
            return ContractJson.Deserialize<NewSite>(body.Span).Name;
        }
        catch (JsonException)
        {
            throw new UnsuitableBodyException(ProblemKind.Unreadable, "expected a JSON object with name");
        }
    }

    /// <summary>Makes a key for a site, or for workers of the pool.</summary>
    /// <param name="name">Who is to have it.</param>
    /// <param name="whose">What stands before the name in a message.</param>
    /// <param name="keys">The keys of its kind.</param>
    /// <param name="placeOf">The path of whoever's keys, which the audit trail tells.</param>
    /// <param name="answer">Makes the answer of the name and the key.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal static async Task<IResult> AddKeyAsync<TAnswer>(
        string name, string whose, IWorkerKeys keys, Func<string, string> placeOf, Func<string, string, TAnswer> answer, CancellationToken cancellationToken)
        where TAnswer : class
    {
        if (!ArtifactNames.IsId(name))
            return ApiAnswers.Problem(ProblemKind.InvalidFields, $"a name is {ArtifactNames.IdRule}");
        return await keys.AddKeyAsync(name, cancellationToken) is { } key
            ? new ApiAnswer<TAnswer>(StatusCodes.Status201Created, answer(name, key)) { Location = placeOf(name) }
            : ApiAnswers.Problem(ProblemKind.WrongState, $"{whose}{name} has {IWorkerKeys.MostKeys} keys already: revoke the old one first");
    }

    private static IResult NotThere(string site) =>
        ApiAnswers.Problem(ProblemKind.NotFound, ArtifactNames.IsId(site) ? $"there is no site '{site}'" : "there is no such site");
}

/// <summary>A site that is to have a key.</summary>
/// <param name="Name">Its name.</param>
public sealed record NewSite(string Name);

/// <summary>A key, shown this once.</summary>
/// <param name="Site">Whose it is.</param>
/// <param name="Key">The key.</param>
public sealed record SiteKey(string Site, string Key);

/// <summary>Every site.</summary>
/// <param name="Sites">By name.</param>
public sealed record SiteList(IReadOnlyList<SiteView> Sites);

/// <summary>A site as the host knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Status">
/// <c>asking</c>, <c>asking; a second process is refused</c>, <c>seen, not asking</c>, <c>never seen</c> or <c>revoked</c>.
/// </param>
/// <param name="Keys">How many keys are valid.</param>
/// <param name="LastAsked">When a worker of it last asked for work.</param>
/// <param name="Build">The worker's build.</param>
/// <param name="Shape">The shape of its images.</param>
/// <param name="Classes">The names of its classes.</param>
/// <param name="TrainExamples">What it has to train on.</param>
/// <param name="ValidationExamples">What it has to evaluate on.</param>
/// <param name="ClassCounts">What it has to train on by class, if it shares that.</param>
public sealed record SiteView(
    string Name, string Status, int Keys, DateTimeOffset? LastAsked, string? Build, ImageShape? Shape, IReadOnlyList<string>? Classes, int? TrainExamples,
    int? ValidationExamples, IReadOnlyList<int>? ClassCounts)
{
    // A worker waits for work half a minute at most, and then asks again.
    private static readonly TimeSpan Asking = TimeSpan.FromSeconds(90);

    /// <summary>How many records it has left out because they can't be read; null for none.</summary>
    public int? LeftOut { get; init; }

    /// <summary>Work that waits for the site and that its worker can't do, and why; null if there is none.</summary>
    public IReadOnlyList<string>? Waiting { get; init; }

    /// <summary>A site at a time.</summary>
    /// <param name="entry">The site.</param>
    /// <param name="refused">Work that workers who asked can't do.</param>
    /// <param name="now">The time.</param>
    public static SiteView Of(SiteEntry entry, IReadOnlyList<RefusedWork> refused, DateTimeOffset now)
    {
        var enrolled = entry.Enrolment;
        return new SiteView(
            entry.Name, StatusOf(entry, now), entry.Keys, entry.LastAsked, enrolled?.Build, enrolled?.Shape, enrolled?.Classes, enrolled?.TrainExamples, enrolled?.ValidationExamples,
            enrolled?.ClassCounts)
        {
            LeftOut = enrolled?.LeftOut,
            Waiting = PoolView.Describe(refused, entry.Name),
        };
    }

    private static string StatusOf(SiteEntry entry, DateTimeOffset now) => entry switch
    {
        { Keys: 0 } => "revoked",
        { LastAsked: null } => "never seen",
        _ when entry.IsGone || now - entry.LastAsked > Asking => "seen, not asking",
        _ when now - entry.LastRefused <= Asking => "asking; a second process is refused",
        _ => "asking",
    };
}
