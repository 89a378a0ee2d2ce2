using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator;

/// <summary>Adds what a host needs for clients' work that others do.</summary>
public static class WorkExtensions
{
    /// <summary>
    /// Adds the activities that offer work, the <see cref="WorkDesk"/> and the <see cref="PoolDesk"/>. The host adds an <see cref="IWorkBoard"/>, and an <see cref="ISiteRegistry"/> and an
    /// <see cref="IPoolRegistry"/> where workers are let in by keys; without a board, federations whose work is placed in the pool are refused, and without sites those whose data is at some.
    /// </summary>
    public static IServiceCollection AddOfferedWork(this IServiceCollection services) => services
        .AddSingleton<WorkBell>()
        .AddSingleton<WorkerPresence>()
        .AddSingleton<WorkDesk>()
        .AddSingleton<PoolDesk>()
        .AddActivity<OfferWork, OfferWorkInput, OfferedWork>(WorkActivities.OfferWork)
        .AddActivity<LookAtWork, LookAtWorkInput, OfferedWork>(WorkActivities.LookAtWork)
        .AddActivity<WithdrawWork, WithdrawWorkInput, bool>(WorkActivities.WithdrawWork);
}
