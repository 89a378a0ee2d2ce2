using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.Work;

/// <summary>The organisations whose workers may ask for work, and what they have. Methods may be called at the same time, also from several processes.</summary>
public interface ISiteRegistry : IWorkerKeys
{
    /// <summary>Every site, by name.</summary>
    Task<IReadOnlyList<SiteEntry>> ListAsync(CancellationToken cancellationToken);

    /// <summary>What a site has; null if it is none, has not enrolled, or has no key any more.</summary>
    Task<Enrolment?> FindEnrolmentAsync(string site, CancellationToken cancellationToken);

    /// <summary>Remembers what a site has.</summary>
    Task EnrolAsync(string site, Enrolment enrolment, CancellationToken cancellationToken);

    /// <summary>Remembers that a process of a site asks for work.</summary>
    /// <returns>Whether it may: not while another process of the site does. That it was refused is remembered too.</returns>
    Task<bool> ClaimAsync(string site, string process, CancellationToken cancellationToken);
}

/// <summary>A site.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">How many keys are valid.</param>
/// <param name="LastAsked">When a worker of it last asked for work; null if none has.</param>
/// <param name="Enrolment">What it has; null if it has not said yet.</param>
/// <param name="LastRefused">When a further process of it was last refused; null if none was.</param>
/// <param name="IsGone">Whether the host knows that its worker is gone: <see cref="WorkerPresence"/>.</param>
public sealed record SiteEntry(string Name, int Keys, DateTimeOffset? LastAsked, Enrolment? Enrolment, DateTimeOffset? LastRefused = null, bool IsGone = false);
