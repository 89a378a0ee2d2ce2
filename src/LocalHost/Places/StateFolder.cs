using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Places;

/// <summary>
/// Where federations are kept: <c>engine.db</c> of a folder, unless they are on a task hub, and its <c>artifacts/</c>, unless these are in
/// blob storage.
/// </summary>
/// <param name="Path">The folder, absolute. It may not be there yet.</param>
/// <param name="IsNamed">Whether the command line named it, so that a command to go on must do so too.</param>
internal sealed record StateFolder(string Path, bool IsNamed)
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "FLDURABLE_STATE";

    private const string Name = "fldurable";

    /// <summary>Where the artifacts are if not in the folder.</summary>
    public StorageConnection? Storage { get; init; }

    /// <summary>The task hub that federations are on; null if this machine's own engine has them.</summary>
    public NamedHub? Hub { get; init; }

    /// <summary>Where federations are, for messages.</summary>
    public string Place => Hub is null ? $"in the state folder '{Path}'" : $"on task hub '{Hub.Name}'";

    /// <summary>Where else clients' data may be.</summary>
    public ArtifactAccounts Accounts { get; init; } = ArtifactAccounts.None;

    /// <summary>Where in the folder the artifacts are if they are.</summary>
    public string Artifacts => System.IO.Path.Combine(Path, "artifacts");

    /// <summary>How the folder's own files are written.</summary>
    public WholeFile Files { get; init; } = WholeFile.OfState;

    /// <summary>What a further command must be given to find the same, with a space before it; empty where that is the default.</summary>
    public string AsOptions =>
        (IsNamed ? $" --state {Path}" : "") + Hub?.AsOptions + (Storage is { IsNamed: true } named ? $" --storage {named}" : "");

    /// <summary>The folder that is named; else that of the environment; else <c>fldurable</c> in the user's data folder.</summary>
    public static StateFolder Of(string? named, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(named))
            return new StateFolder(System.IO.Path.GetFullPath(named), IsNamed: true);
        if (environment(Variable) is { Length: > 0 } variable)
            return new StateFolder(System.IO.Path.GetFullPath(variable), IsNamed: false);
        return new StateFolder(System.IO.Path.Combine(DataHome(environment), Name), IsNamed: false);
    }

    /// <summary>Whether a file is in the folder, or would be: by its own name, or where links lead.</summary>
    public bool Contains(string file)
    {
        var folder = Real(new DirectoryInfo(Path));
        var target = Real(new FileInfo(System.IO.Path.GetFullPath(file)));
        for (var above = System.IO.Path.GetDirectoryName(target); above is not null; above = System.IO.Path.GetDirectoryName(above))
        {
            if (Real(new DirectoryInfo(above)) == folder)
                return true;
        }

        return false;

        static string Real(FileSystemInfo named) => System.IO.Path.TrimEndingDirectorySeparator(
            named.LinkTarget is null ? named.FullName : named.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
    }

    private static string DataHome(Func<string, string?> environment)
    {
        // The XDG base directory specification has relative paths ignored.
        if (environment("XDG_DATA_HOME") is { Length: > 0 } data && System.IO.Path.IsPathFullyQualified(data))
            return data;
        if (OperatingSystem.IsWindows())
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        var home = environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return System.IO.Path.Combine(home, ".local", "share");
    }
}
