namespace FlDurable.Shared.Datasets;

/// <summary>What folders of image files may be called.</summary>
public static class FolderNames
{
    private const int MaxLength = 200;

    // What file managers and storage devices leave behind, beside the names that begin with a dot.
    private static readonly HashSet<string> Leftovers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information",
    };

    /// <summary>Whether a folder can be called as a class is, on every system, and is read as that class.</summary>
    /// <param name="name">The class's name.</param>
    public static bool CanBeClass(string name) =>
        name.Length is > 0 and < MaxLength && !IsLeftover(name) && !name.Any(character => char.IsControl(character) || character is '/' or '\\');

    /// <summary>Whether a file or folder of such a name is passed over: the system hides it, or a file manager left it behind.</summary>
    internal static bool IsLeftover(string name) => name.StartsWith('.') || Leftovers.Contains(name);
}
