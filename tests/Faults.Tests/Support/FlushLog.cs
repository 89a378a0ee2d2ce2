using System.Text.RegularExpressions;
using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Shared.Storage;
using Microsoft.Data.Sqlite;

namespace FlDurable.Faults.Tests.Support;

/// <summary>
/// Notes what is on the disk when the engine begins a commit, and compares with it what the commit mentions. (A process that is killed
/// loses nothing that the kernel has: only the order of flushes tells whether a power loss would.)
/// </summary>
internal sealed partial class FlushLog : IDurableFiles
{
    private const string Texts =
        """
        SELECT payload FROM history WHERE payload IS NOT NULL
        UNION ALL SELECT output FROM instances WHERE output IS NOT NULL
        UNION ALL SELECT custom_status FROM instances WHERE custom_status IS NOT NULL
        """;

    private readonly IDurableFiles disk;
    private readonly string root;
    private readonly string database;
    private readonly Lock gate = new();
    private readonly HashSet<string> flushed = new(StringComparer.Ordinal);
    private readonly HashSet<string> named = new(StringComparer.Ordinal);
    private readonly HashSet<string> entries = new(StringComparer.Ordinal);
    private HashSet<string> durable = [];

    /// <param name="state">The state folder.</param>
    /// <param name="disk">What really happens.</param>
    public FlushLog(string state, IDurableFiles disk)
    {
        this.disk = disk;
        root = SmallFederation.Artifacts(state);
        database = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(state, "engine.db"),
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ToString();
    }

    /// <summary>The artifacts that commits have mentioned.</summary>
    public HashSet<string> Mentioned { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of them that were not on the disk, with their folders, when the commit began.</summary>
    public HashSet<string> MentionedTooEarly { get; } = new(StringComparer.Ordinal);

    public ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        disk.WriteAsync(file, path, content, cancellationToken);

    public void Flush(FileStream file, string path)
    {
        disk.Flush(file, path);
        Note(flushed, path);
    }

    public bool TryName(string file, string name)
    {
        // One that is given before the content is on the disk may have none after a power loss.
        var isFlushed = Has(flushed, name);
        var isNamed = disk.TryName(file, name);
        if (isFlushed && isNamed)
            Note(named, name);
        return isNamed;
    }

    public void FlushEntry(string path)
    {
        var isThere = Has(named, path) || Directory.Exists(path);
        disk.FlushEntry(path);
        if (isThere)
            Note(entries, path);
    }

    /// <summary>What the engine tells of its crash points.</summary>
    public void AtCrashPoint(string point)
    {
        if (point == CrashPoints.BeforeCommit)
        {
            lock (gate)
                durable = [.. named.Where(IsDurable).Select(path => Path.GetRelativePath(root, path))];
        }
        else if (point == CrashPoints.AfterCommit)
        {
            var mentioned = ReadMentioned();
            Mentioned.UnionWith(mentioned);
            MentionedTooEarly.UnionWith(mentioned.Except(durable));
        }
    }

    /// <summary>Whether the entries of a file and of all its folders are flushed.</summary>
    private bool IsDurable(string path)
    {
        for (var at = path; at != root; at = Path.GetDirectoryName(at)!)
        {
            if (!entries.Contains(at))
                return false;
        }

        return entries.Contains(root);
    }

    private HashSet<string> ReadMentioned()
    {
        using var connection = new SqliteConnection(database);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Texts;
        using var rows = command.ExecuteReader();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read())
            names.UnionWith(ArtifactName().Matches(rows.GetString(0)).Select(match => match.Groups[1].Value));

        // Whoever mentions a round's parameters by their final name says that the round is recorded.
        names.UnionWith([.. names.Select(name => TrainedParameters().Match(name)).Where(match => match.Success).Select(match => $"{match.Groups[1].Value}/record.json")]);
        return names;
    }

    [GeneratedRegex("^(federations/[^/]+/rounds/[0-9]*[1-9][0-9]*)/global[.]safetensors$")]
    private static partial Regex TrainedParameters();

    private void Note(HashSet<string> set, string path)
    {
        lock (gate)
            set.Add(path);
    }

    private bool Has(HashSet<string> set, string path)
    {
        lock (gate)
            return set.Contains(path);
    }

    [GeneratedRegex("\"name\":\"([^\"]+)\"")]
    private static partial Regex ArtifactName();
}
