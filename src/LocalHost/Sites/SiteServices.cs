using FlDurable.Api.Work;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Work;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Sites;

/// <summary>Adds what a server needs for sites and for its pool of workers.</summary>
internal static class SiteServices
{
    /// <summary>Adds the sites and the pool of a state folder, and the work that is offered to them; the database is made when it is first needed.</summary>
    public static IServiceCollection AddSites(this IServiceCollection services, StateFolder state) => services
        .AddSingleton(_ => WorkDatabase.Open(state.Path))
        .AddSingleton<IWorkBoard, SqliteWorkBoard>()
        .AddSingleton<ISiteRegistry, SqliteSiteRegistry>()
        .AddSingleton<IPoolRegistry, SqlitePoolRegistry>()
        .AddSingleton<IWorkSigns>(_ => new SqliteWorkSigns(state.Path))
        .AddOfferedWork()
        .AddWorkApi(Path.Combine(state.Path, "uploads"));
}
