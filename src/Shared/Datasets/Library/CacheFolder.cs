namespace FlDurable.Shared.Datasets.Library;

/// <summary>Where data is cached unless a host says otherwise.</summary>
public static class CacheFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "FLDURABLE_CACHE";

    private const string Name = "fldurable";

    /// <summary>
    /// <c>$FLDURABLE_CACHE</c>; else <c>fldurable</c> in <c>$XDG_CACHE_HOME</c>, or in the user's local data on Windows; else
    /// <c>~/.cache/fldurable</c>.
    /// </summary>
    public static string Default => Of(Environment.GetEnvironmentVariable);

    internal static string Of(Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } named)
            return Path.GetFullPath(named);
        // The XDG base directory specification has relative paths ignored.
        if (environment("XDG_CACHE_HOME") is { Length: > 0 } caches && Path.IsPathFullyQualified(caches))
            return Path.Combine(caches, Name);
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Name);
        var home = environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Path.Combine(home, ".cache", Name);
    }
}
