using System.Globalization;
using System.Text.RegularExpressions;
using FlDurable.EmbeddedEngine;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.State;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at a state folder: whether it can be written, who has it, what is in its database, its key and its clock.</summary>
internal sealed partial class StateCheckup(StateFolder state, MachineFacts machine)
{
    private const int MostNamed = 3;

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    /// <summary>Looks.</summary>
    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken) =>
    [
        Folder("state", state.Path, "--state DIR (or $FLDURABLE_STATE)"),
        Lock(),
        .. await FederationsAsync(cancellationToken),
        .. Key(),
    ];

    /// <summary>Whether a folder can be written, or made.</summary>
    public static Finding Folder(string subject, string folder, string otherwise)
    {
        var there = MachineFacts.Existing(folder);
        if (File.Exists(folder))
            return new Finding(subject, Condition.Broken, $"'{folder}' is a file, and a folder is to be there", $"move it away, or name another by {otherwise}");
        try
        {
            var probe = Path.Combine(there, $".fldurable-doctor-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose))
            {
            }

            return new Finding(subject, Condition.Well, there == folder ? $"'{folder}' can be written" : $"'{folder}' is not there yet, and can be made");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Finding(
                subject, Condition.Broken, $"'{there}' can't be written: {exception.Message}",
                $"let this user ({Environment.UserName}) write there, or name another by {otherwise}");
        }
    }

    private Finding Lock()
    {
        const string subject = "lock";
        if (!InstanceReader.IsAtWork(state.Path))
            return new Finding(subject, Condition.Well, "nobody is at work on the state folder");
        var owner = InstanceReader.FindOwner(state.Path);
        if (owner is null || OwnerProcess().Match(owner) is not { Success: true } match)
            return new Finding(subject, Condition.Note, $"the state folder is in use by another process{(owner is null ? "" : $" ({owner})")}");
        var process = match.Groups["id"].Value;
        return IsHeld(process)
            ? new Finding(
                subject, Condition.Broken, $"the state folder is in use by a process that is held and does nothing ({owner})",
                $"let it go on: fg in its shell, or kill -CONT {process}; or end it: kill -KILL {process}, which loses nothing")
            : new Finding(subject, Condition.Note, $"the state folder is in use ({owner})", "commands that only look work meanwhile; what changes something is for that process");
    }

    /// <summary>Whether a process was stopped by a signal, as by Ctrl-Z.</summary>
    private static bool IsHeld(string process)
    {
        try
        {
            var state = File.ReadAllText($"/proc/{process}/stat");
            return state[(state.LastIndexOf(')') + 1)..].TrimStart() is ['T', ..];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // no Linux, or it is a process of another container
        }
    }

    private async Task<IReadOnlyList<Finding>> FederationsAsync(CancellationToken cancellationToken)
    {
        const string subject = "federations";
        if (state.Hub is not null)
            return [];
        try
        {
            var reader = new StateReader(state with { Storage = null });
            var instances = await reader.ListInstancesAsync(cancellationToken);
            var life = await Liveness.ReadAsync(reader, cancellationToken);
            var last = instances.Select(instance => instance.LastUpdatedAt).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
            return
            [
                new Finding(
                    subject, Condition.Well,
                    $"{Figures.Count(instances.Count)} in the state folder, {Figures.Count(instances.Count(instance => !instance.IsOver))} of them not over"),
                .. Interrupted([.. instances.Where(life.IsInterrupted).Select(instance => instance.InstanceId)], life.End),
                Clock(last),
            ];
        }
        catch (StateFolderException exception)
        {
            return [new Finding(subject, Condition.Broken, exception.Message, "keep a copy of the folder before anything is moved")];
        }
    }

    private IEnumerable<Finding> Interrupted(IReadOnlyList<string> ids, string? end)
    {
        if (ids.Count == 0)
            return [];
        var named = string.Join(", ", ids.Take(MostNamed)) + (ids.Count > MostNamed ? " …" : "");
        var why = end is null ? "no process is at work on what it has begun" : $"the last process stopped: {end}";
        return
        [
            new Finding(
                "federations", Condition.Note, $"{Figures.Count(ids.Count)} interrupted ({named}): {why}",
                $"{(end is null ? "" : "mend that; ")}to go on: fldurable run {(ids.Count == 1 ? ids[0] : "ID")}{state.AsOptions}, or all at once: fldurable serve{state.AsOptions}"),
        ];
    }

    private Finding Clock(DateTimeOffset last)
    {
        const string subject = "clock";
        var now = machine.Time.GetUtcNow();
        var words = string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        return last - now > ClockTolerance
            ? new Finding(
                subject, Condition.Broken,
                string.Create(CultureInfo.InvariantCulture, $"{words}, and the state folder was last written at {last.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC: this clock is slow, or was set back"),
                "set it (timedatectl set-ntp true): timers of federations wait until it has caught up")
            : new Finding(subject, Condition.Well, words);
    }

    private IEnumerable<Finding> Key()
    {
        var path = ApiKey.PathIn(state.Path);
        if (!File.Exists(path))
            return [];
        try
        {
            ApiKey.Open(state.Path, out _);
            return [new Finding("key", Condition.Well, $"'{path}' is its owner's alone")];
        }
        catch (UsageException exception)
        {
            return [new Finding("key", Condition.Broken, exception.Message, "serve does not start until that is so")];
        }
    }

    [GeneratedRegex("^process (?<id>[0-9]+),", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnerProcess();
}
