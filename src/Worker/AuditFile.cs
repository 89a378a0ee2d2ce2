using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Rounds;

namespace FlDurable.Worker;

/// <summary>
/// What left a site, and who asked: one line of JSON each, only ever appended. A line is on the disk before that leaves which it tells of; where
/// it can't be written nothing leaves.
/// </summary>
/// <param name="path">The file.</param>
public sealed class AuditFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock gate = new();

    /// <summary>Appends a line.</summary>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Append(AuditEntry entry)
    {
        lock (gate)
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using var file = new FileStream(path, options);
            var ends = EndsALine(file);
            file.Seek(0, SeekOrigin.End);
            file.Write(Encoding.UTF8.GetBytes($"{(ends ? "" : "\n")}{ContractJson.Serialize(entry)}\n"));
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>The lines, oldest first.</summary>
    /// <param name="onCutOff">Told the number of each line that a crash has cut off, counted from 1: such a line is left out, and nothing of what it would tell has left.</param>
    public IEnumerable<AuditEntry> Read(Action<long>? onCutOff = null)
    {
        if (!File.Exists(path))
            yield break;
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        for (var number = 1L; file.ReadLine() is { } line; number++)
        {
            if (TryParse(line) is { } entry)
                yield return entry;
            else
                onCutOff?.Invoke(number);
        }
    }

    /// <summary>Whether the last line is whole: a crash, or a full disk, may have cut it off.</summary>
    private static bool EndsALine(FileStream file)
    {
        if (file.Length == 0)
            return true;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }

    private static AuditEntry? TryParse(string line)
    {
        try
        {
            return ContractJson.Deserialize<AuditEntry>(line);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}

/// <summary>Something that a site did for a federation, or refused to.</summary>
/// <param name="At">When, in UTC.</param>
/// <param name="What">One of the words below.</param>
/// <param name="Server">Who asked.</param>
/// <param name="Federation">For which federation; null when it enrolled.</param>
/// <param name="Round">For which round.</param>
/// <param name="Phase">Training or evaluating.</param>
/// <param name="Examples">On how many examples.</param>
/// <param name="Left">What leaves.</param>
/// <param name="Reason">Why nothing was done.</param>
/// <param name="Order">What was asked for, as a SHA-256 of spec, client, plan and parameters: who asks for the same again is told the same again.</param>
public sealed record AuditEntry(
    DateTime At, string What, string Server, string? Federation = null, int? Round = null, RoundPhase? Phase = null, int? Examples = null,
    IReadOnlyList<Departure>? Left = null, string? Reason = null, string? Order = null)
{
    /// <summary>How many of the site's records were left out because they can't be read; null for none.</summary>
    public int? LeftOut { get; init; }

    /// <summary>It has told the host what it has.</summary>
    public const string Enrolled = "enrolled";

    /// <summary>It has trained.</summary>
    public const string Trained = "trained";

    /// <summary>It has evaluated.</summary>
    public const string Evaluated = "evaluated";

    /// <summary>Its policy forbade it.</summary>
    public const string Refused = "refused";

    /// <summary>Nothing came of it.</summary>
    public const string Failed = "failed";
}

/// <summary>Something that leaves a site.</summary>
/// <param name="Name">What.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Sha256">Their SHA-256.</param>
public sealed record Departure(string Name, long Length, string Sha256);
