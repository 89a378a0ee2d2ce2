using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>
/// The folder in which a worker keeps what must outlive it: who it is, the site's secret, the work that it has and what came of it, and the audit
/// file. One process at a time has it, so that whoever starts after a crash is the same worker.
/// </summary>
internal sealed class Spool : IDisposable
{
    private const int IdBytes = 16;
    private const int SecretBytes = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    // 36 characters that are others after each start of the machine.
    private const string IdOfStart = "/proc/sys/kernel/random/boot_id";

    private readonly string folder;
    private readonly FileStream held;
    private readonly Func<long> freeBytes;

    private string Artifacts => Path.Combine(folder, "artifacts");

    private Spool(string folder, FileStream held, Func<long>? freeBytes)
    {
        this.folder = folder;
        this.held = held;
        this.freeBytes = freeBytes ?? (() => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace);
        Process = Convert.ToHexStringLower(Kept("process", IdBytes));
        Secret = Kept("secret", SecretBytes);
        Audit = new AuditFile(AuditPathIn(folder));
        KnowsStart = ForgetIfStartedAnew();
    }

    /// <summary>Whether it is known that the machine has not been started anew since results were written: then they need not be brought to the disk, since none outlives the power.</summary>
    public bool KnowsStart { get; }

    /// <summary>The worker's id.</summary>
    public string Process { get; }

    /// <summary>What stands for the site's data outside is made with it.</summary>
    public byte[] Secret { get; }

    /// <summary>What left.</summary>
    public AuditFile Audit { get; }

    /// <summary>Where a folder's audit file is.</summary>
    public static string AuditPathIn(string folder) => Path.Combine(folder, "audit.jsonl");

    /// <summary>Takes a folder, which is made if it is not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="freeBytes">Tells how many bytes are free there; null for what the disk says.</param>
    /// <exception cref="WorkerException">It can't be used, or another process has it.</exception>
    public static Spool Open(string folder, Func<long>? freeBytes = null)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, OwnerOnlyFolder);
            return new Spool(folder, new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), freeBytes);
        }
        catch (IOException exception) when (FileLocks.IsHeldByAnother(exception))
        {
            throw new WorkerException($"another worker has the folder '{folder}': stop it, or name another --state", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the folder '{folder}' can't be used: {exception.Message}", exception);
        }
    }

    /// <summary>The folder of what came of a slot's work: each slot has its own, and so can forget it.</summary>
    public string ArtifactsOf(int slot) => Path.Combine(Artifacts, $"{slot}");

    /// <summary>
    /// The keys of the noise that the site adds, which its slots share: an update that two slots compute has the same noise. With a key each they would send it with two noises, of
    /// which the mean hides less.
    /// </summary>
    public IArtifactStore NoiseKeys() => new FileArtifactStore(Artifacts);

    /// <summary>Deletes what is left of releases whose slots shared their artifacts. What is computed again has the same bits.</summary>
    public void ForgetSharedArtifacts()
    {
        var artifacts = new DirectoryInfo(Artifacts);
        if (!artifacts.Exists)
            return;
        var rounds = artifacts.EnumerateDirectories("federations").SelectMany(all => all.EnumerateDirectories()).SelectMany(federation => federation.EnumerateDirectories());
        foreach (var part in artifacts.EnumerateDirectories("updates").Concat(rounds).ToList())
            part.Delete(recursive: true);
    }

    /// <summary>Deletes what came of work before the machine was started: of what was not brought to the disk then, a part may be there. What is computed again has the same bits.</summary>
    /// <returns>Whether the machine tells one start from another.</returns>
    private bool ForgetIfStartedAnew()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(IdOfStart))
            return false;
        var now = File.ReadAllBytes(IdOfStart);
        var path = Path.Combine(folder, "start");
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(now))
            return true;
        foreach (var slot in Directory.Exists(Artifacts) ? new DirectoryInfo(Artifacts).GetDirectories().Where(one => one.Name.All(char.IsAsciiDigit)) : [])
            slot.Delete(recursive: true);
        Write(path, now, isFlushed: false);
        return true;
    }

    /// <summary>Bytes free where it is.</summary>
    public long FreeBytes() => freeBytes();

    /// <summary>The id by which a slot asks for work until it has an answer, also one that comes to a later process.</summary>
    public string Request(int slot) => Convert.ToHexStringLower(Kept(RequestName(slot), IdBytes, isFlushed: false));

    /// <summary>Has the slot ask by another id from now on.</summary>
    public void ForgetRequest(int slot) => File.Delete(Path.Combine(folder, RequestName(slot)));

    /// <summary>The work that a slot has; null if it has none.</summary>
    public TakenWork? FindTaken(int slot)
    {
        try
        {
            return File.Exists(PathOf(slot)) ? ContractJson.Deserialize<TakenWork>(File.ReadAllText(PathOf(slot))) : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null; // cut off when the power went: the lease then expires
        }
    }

    /// <summary>Remembers the work that a slot has, for a process after this one: a lease does not outlive the power.</summary>
    public void KeepTaken(int slot, TakenWork taken) => Write(PathOf(slot), Encoding.UTF8.GetBytes(ContractJson.Serialize(taken)), isFlushed: false);

    /// <summary>Forgets it.</summary>
    public void ForgetTaken(int slot) => File.Delete(PathOf(slot));

    public void Dispose() => held.Dispose();

    private static string RequestName(int slot) => FormattableString.Invariant($"request-{slot}");

    private string PathOf(int slot) => Path.Combine(folder, FormattableString.Invariant($"taken-{slot}.json"));

    private byte[] Kept(string name, int length, bool isFlushed = true)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path) || new FileInfo(path).Length != length)
            Write(path, RandomNumberGenerator.GetBytes(length), isFlushed);
        return File.ReadAllBytes(path);
    }

    private static void Write(string path, byte[] content, bool isFlushed)
    {
        var aside = $"{path}.new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(aside, options))
        {
            file.Write(content);
            file.Flush(isFlushed);
        }

        File.Move(aside, path, overwrite: true);
    }
}
