using System.Security.Cryptography;
using FlDurable.Shared.Json;
using FlDurable.Shared.Rounds;
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
/// <param name="Signs">Told how much is done.</param>
internal sealed record Site(WorkHost Host, string Server, Spool Spool, SiteData Data, PolicyFile Policy, TimeSpan Stall, TimeProvider Time, ILogger Log, WorkerSigns Signs)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, (RoundPhase Phase, string Digest)> underWay = [];
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

    /// <summary>Has a slot begin work that the policy allows. Until its end it counts as if its answer had left already, so that several slots keep to the day's limits.</summary>
    /// <exception cref="WorkDeclinedException">The policy forbids it.</exception>
    public void Begin(int slot, WorkOrder order, string digest, SitePolicy policy)
    {
        lock (gate)
        {
            policy.Check(order, digest, Today);
            underWay[slot] = (order.Phase, digest);
        }
    }

    /// <summary>Ends a slot's work: what left is in the audit file.</summary>
    public void End(int slot)
    {
        lock (gate)
            underWay.Remove(slot);
    }

    private DayOfWork Today()
    {
        var today = Now.Date;
        var entries = Spool.Audit.Read().Where(entry => entry.At.Date == today).ToList();
        return new DayOfWork(Of(AuditEntry.Trained, hasUpdates: true), Of(AuditEntry.Evaluated, hasUpdates: false));

        Answers Of(string what, bool hasUpdates) => new(
            entries.Where(entry => entry.What == what), underWay.Values.Where(work => work.Phase.HasUpdates == hasUpdates).Select(work => work.Digest));
    }

    /// <summary>Looks at the data, and tells the host what the site has, if that is new.</summary>
    public async Task EnrolAsync(CancellationToken cancellationToken)
    {
        var policy = Policy.Read();
        var has = await Data.LookAsync(policy.Unreadable, cancellationToken);
        var enrolment = new Enrolment(
            WorkProtocol.Version, Spool.Process, WorkerBuild.Name, has.Shape, has.Classes, policy.Reduce(has.TrainExamples), policy.Reduce(has.ValidationExamples), has.Digest,
            policy.Reduce(has.ClassCounts))
        {
            Columns = has.Columns,
            LeftOut = has.LeftOut == 0 ? null : policy.Reduce(has.LeftOut),
        };
        var content = ContractJson.SerializeToUtf8(enrolment);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        lock (gate)
        {
            if (told == sha256)
                return;
        }

        Audit(new AuditEntry(Now, AuditEntry.Enrolled, Server, Examples: has.TrainExamples, Left: [new Departure("enrolment", content.Length, sha256)])
        {
            LeftOut = has.LeftOut == 0 ? null : has.LeftOut,
        });
        await Host.EnrolAsync(enrolment, cancellationToken);
        lock (gate)
            told = sha256;
    }
}
