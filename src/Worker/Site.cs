using System.Reflection;
using System.Security.Cryptography;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>What the slots of a site's worker share.</summary>
/// <param name="Host">The host.</param>
/// <param name="Server">The host's name, for the audit file.</param>
/// <param name="Spool">What outlives the process.</param>
/// <param name="Data">The site's data.</param>
/// <param name="Policy">What the site allows.</param>
/// <param name="Stall">After how long without a batch a training hangs.</param>
/// <param name="Time">The clocks.</param>
/// <param name="Log">The site's own log.</param>
internal sealed record Site(WorkHost Host, string Server, Spool Spool, SiteData Data, PolicyFile Policy, TimeSpan Stall, TimeProvider Time, ILogger Log)
{
    private readonly Lock gate = new();
    private string? told;

    /// <summary>The time in UTC.</summary>
    public DateTime Now => Time.GetUtcNow().UtcDateTime;

    /// <summary>Appends to the audit file: what it tells of leaves after that.</summary>
    /// <exception cref="WorkerException">It can't be written, so that nothing may leave.</exception>
    public void Audit(AuditEntry entry)
    {
        try
        {
            Spool.Audit.Append(entry);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the audit file can't be written, so that nothing may leave: {exception.Message}", exception);
        }
    }

    /// <summary>What has left the site on this day, by UTC.</summary>
    public DayOfWork Today()
    {
        var today = Now.Date;
        var entries = Spool.Audit.Read().Where(entry => entry.At.Date == today).ToList();
        return new DayOfWork(entries.Count(entry => entry.What == AuditEntry.Trained), entries.Count(entry => entry.What == AuditEntry.Evaluated));
    }

    /// <summary>Looks at the data, and tells the host what the site has, if that is new.</summary>
    public async Task EnrolAsync(CancellationToken cancellationToken)
    {
        var has = await Data.LookAsync(cancellationToken);
        var enrolment = new Enrolment(
            WorkProtocol.Version, Spool.Process, Build(), has.Shape, has.Classes, has.TrainExamples, has.ValidationExamples, has.Digest, Policy.Read().Reduce(has.ClassCounts));
        var content = ContractJson.SerializeToUtf8(enrolment);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        lock (gate)
        {
            if (told == sha256)
                return;
        }

        Audit(new AuditEntry(Now, AuditEntry.Enrolled, Server, Examples: has.TrainExamples, Left: [new Departure("enrolment", content.Length, sha256)]));
        await Host.EnrolAsync(enrolment, cancellationToken);
        lock (gate)
            told = sha256;
    }

    private static string Build() => typeof(Site).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
