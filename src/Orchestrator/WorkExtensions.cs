using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator;

/// <summary>Adds what a host needs for clients' work that others do.</summary>
public static class WorkExtensions
{
    /// <summary>
    /// Adds the activities that offer work, and the <see cref="WorkDesk"/>. The host adds an <see cref="IWorkBoard"/> and an <see cref="ISiteRegistry"/>;
    /// without these federations whose data is at sites are refused.
    /// </summary>
    public static IServiceCollection AddOfferedWork(this IServiceCollection services) => services
        .AddSingleton<WorkBell>()
        .AddSingleton<WorkDesk>()
        .AddActivity<OfferWork, OfferWorkInput, OfferedWork>(WorkActivities.OfferWork)
        .AddActivity<LookAtWork, LookAtWorkInput, OfferedWork>(WorkActivities.LookAtWork)
        .AddActivity<WithdrawWork, WithdrawWorkInput, bool>(WorkActivities.WithdrawWork);
}
