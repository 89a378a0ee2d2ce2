using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Sites;

/// <summary>The keys and workers of the pool, for whoever has the host's key: in a host that has a work board.</summary>
public static class PoolRoutes
{
    /// <summary>Maps the calls below <c>pool/keys</c>. They are told of in docs/worker-pool.md, not in the API's document, which every host has.</summary>
    public static void MapPool(this IEndpointRouteBuilder routes)
    {
        var root = $"{routes.ServiceProvider.GetRequiredService<FederationApiOptions>().Paths.Root}/{PoolProtocol.Root}/{PoolProtocol.Keys}";
        var keys = routes.MapGroup(root).ExcludeFromDescription();
        keys.MapGet("", async (IPoolRegistry registry, IWorkBoard board, TimeProvider time, CancellationToken cancel) =>
        {
            var now = time.GetUtcNow();
            return ApiAnswers.Json(new PoolList(
                [.. (await registry.ListAsync(cancel)).Select(entry => PoolView.Of(entry, now))], PoolView.Describe(await board.ListRefusedAsync(cancel), WorkOffer.Pool)));
        });
        keys.MapPost("", async (HttpRequest request, IPoolRegistry registry, CancellationToken cancel) =>
            await SiteRoutes.AddKeyAsync(await SiteRoutes.ReadNameAsync(request, cancel), "", registry, name => $"{root}/{name}", (name, key) => new PoolKey(name, key), cancel));
        keys.MapDelete("/{name}", async (string name, bool? old, IPoolRegistry registry, CancellationToken cancel) =>
            await registry.RevokeAsync(name, sparesNewest: old == true, cancel) is null
                ? ApiAnswers.Problem(ProblemKind.NotFound, ArtifactNames.IsId(name) ? $"nobody of the pool is named '{name}'" : "nobody of the pool is named so")
                : TypedResults.NoContent());
    }
}

/// <summary>A key of the pool, shown this once.</summary>
/// <param name="Name">Who is to have it.</param>
/// <param name="Key">The key.</param>
public sealed record PoolKey(string Name, string Key);

/// <summary>The pool.</summary>
/// <param name="Pool">Who has keys, by name.</param>
/// <param name="Waiting">Work that waits and that no worker who asks can do, and why; null if there is none.</param>
public sealed record PoolList(IReadOnlyList<PoolView> Pool, IReadOnlyList<string>? Waiting = null);

/// <summary>Workers that share a key, as the host knows them.</summary>
/// <param name="Name">Who has it.</param>
/// <param name="Status"><c>asking</c>, <c>seen, not asking</c>, <c>not seen today</c> or <c>revoked</c>.</param>
/// <param name="Keys">How many keys are valid.</param>
/// <param name="Asking">How many processes ask for work, or do some.</param>
/// <param name="LastAsked">When one of them last did.</param>
/// <param name="Builds">Their builds.</param>
public sealed record PoolView(string Name, string Status, int Keys, int Asking, DateTimeOffset? LastAsked, IReadOnlyList<string> Builds)
{
    // A worker waits for work half a minute at most, and then asks again.
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(90);

    /// <summary>Work that waits and that workers who ask can't do, in words; null if there is none.</summary>
    /// <param name="refused">All such work.</param>
    /// <param name="whose">A site's, or the pool's.</param>
    public static IReadOnlyList<string>? Describe(IReadOnlyList<RefusedWork> refused, string whose) =>
        refused.Where(one => one.Offer.Site == whose).Select(one => $"{one.Federation}: {one.Describe()}").ToList() is { Count: > 0 } waiting ? waiting : null;

    /// <summary>A name at a time.</summary>
    public static PoolView Of(PoolEntry entry, DateTimeOffset now)
    {
        var asking = entry.Workers.Where(worker => !worker.IsGone && now - worker.LastAsked <= Recent).ToList();
        var status = entry.Keys == 0 ? "revoked" : asking.Count > 0 ? "asking" : entry.Workers.Count > 0 ? "seen, not asking" : "not seen today";
        return new PoolView(
            entry.Name, status, entry.Keys, asking.Count, entry.Workers.Count > 0 ? entry.Workers[0].LastAsked : null,
            [.. asking.Select(worker => worker.Build).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]);
    }
}
