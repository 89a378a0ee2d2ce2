using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>
/// The host's artifacts as a lease of the pool shows them: what its work reads and writes, through the host. Nothing of it is on this machine's disk. Whoever asks waits until there is an
/// answer, or the lease is over.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="time">What waiting is measured by.</param>
/// <param name="log">Where it is said that there is no answer.</param>
internal sealed partial class LeasedArtifacts(PoolHost host, TimeProvider time, ILogger log) : IArtifactStore, IDisposable
{
    /// <summary>A cohort's clients start from the same parameters. Their images are kept by who trains on them.</summary>
    private const long RecentBytes = 128 << 20;

    private readonly RecentContent<byte[]> recent = new(RecentBytes);
    private readonly Patience patience = new(time);

    // One client's update is sent while the next trains; the host takes one at a time of a lease.
    private readonly SemaphoreSlim turn = new(1);
    private TakenCohort? taken;
    private LeaseKeeper? keeper;

    private string NameOfManifest => ArtifactNames.Cohort(Taken.Federation, Taken.Cohort.Round, Taken.Cohort.Attempt, Taken.Phase, Taken.Cohort.First);

    private TakenCohort Taken => taken ?? throw new InvalidOperationException("artifacts are read and written for leased work alone");

    /// <summary>Shows what a lease names from now on.</summary>
    /// <param name="work">The work.</param>
    /// <param name="lease">Its lease: while it is waited for the host, it does not train, and does not hang.</param>
    public void Begin(TakenCohort work, LeaseKeeper lease)
    {
        (taken, keeper, IsCompleted) = (work, lease, false);
        if (work.Selection is { } text && Encoding.UTF8.GetBytes(text) is var selection && Convert.ToHexStringLower(SHA256.HashData(selection)) == work.Cohort.Selection.Sha256)
            recent.Keep(work.Cohort.Selection, selection);
    }

    /// <summary>Whether the host was told, with its manifest, that the work is done.</summary>
    public bool IsCompleted { get; private set; }

    /// <summary>Shows nothing any more.</summary>
    public void End() => (taken, keeper) = (null, null);

    public void Dispose() => turn.Dispose();

    public async Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var (isAgain, completes) = (false, name == NameOfManifest);
        var written = await AskAsync(
            lease =>
            {
                var writes = host.WriteAsync(lease, new ArtifactToWrite(name, sha256), content, isAgain, completes, cancellationToken);
                isAgain = true;
                return writes;
            },
            cancellationToken);
        IsCompleted |= completes;
        if (written.Sha256 == sha256)
            recent.Keep(written, content.ToArray());
        return written;
    }

    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        if (recent.TryFind(reference, out var known))
            return known;
        var content = await AskAsync(
            async lease => await host.ReadAsync(lease, reference, cancellationToken) is var read && Convert.ToHexStringLower(SHA256.HashData(read)) == reference.Sha256
                ? read
                : throw new NoAnswerException($"another '{reference.Name}' than the lease names"),
            cancellationToken);
        if (!reference.Name.StartsWith("datasets/", StringComparison.Ordinal))
            recent.Keep(reference, content);
        return content;
    }

    public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
        (await ReadAsync(reference, cancellationToken)).AsMemory((int)offset, part.Length).CopyTo(part);

    /// <summary>What nobody waits for any more is told by the host when the lease is renewed; here only the work's own result is looked for.</summary>
    public async Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (name != NameOfManifest)
            return null;
        return Taken.Result is { } known ? known.Written : await AskAsync(lease => host.FindResultAsync(lease, cancellationToken), cancellationToken);
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException("a worker of the pool deletes nothing");

    private async Task<T> AskAsync<T>(Func<string, Task<T>> ask, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await AskInTurnAsync(ask, cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<T> AskInTurnAsync<T>(Func<string, Task<T>> ask, CancellationToken cancellationToken)
    {
        var (lease, kept) = (Taken.Lease, keeper!);
        var wasTraining = kept.IsTraining;
        kept.IsTraining = false;
        try
        {
            while (true)
            {
                try
                {
                    var answer = await ask(lease);
                    patience.Reset();
                    return answer;
                }
                catch (NoAnswerException exception)
                {
                    LogNoAnswer(log, exception.Message);
                    await patience.WaitAsync(cancellationToken);
                }
            }
        }
        finally
        {
            kept.IsTraining = wasTraining;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No answer from the host, it is asked again: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string reason);
}
