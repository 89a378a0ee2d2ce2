namespace FlDurable.Shared.Datasets;

/// <summary>Where a path leads once every link on its way is followed, whether or not something is there.</summary>
public static class LinkFreePath
{
    // As many as Linux follows.
    private const int MostLinks = 40;

    /// <summary>Whether a path leads into a folder, once its <c>..</c> and its links are followed as they will be when it is opened.</summary>
    public static bool IsWithin(string folder, string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal) || Of(folder) is not { } root || Of(path) is not { } place)
            return false;
        return IsBelow(root, place);
    }

    /// <summary>Whether a path is a folder's own, or leads to something in it, as both are written.</summary>
    internal static bool IsBelow(string folder, string path)
    {
        var relative = Path.GetRelativePath(folder, path);
        return relative != ".." && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }

    /// <returns>The path; null where there are too many links, or one that can't be read.</returns>
    public static string? Of(string path)
    {
        var links = 0;
        try
        {
            return Follow(Path.GetFullPath(path), ref links);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Follow(string path, ref int links)
    {
        var place = Path.GetPathRoot(path)!;
        foreach (var part in path[place.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(place, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                place = next;
                continue;
            }

            if (++links > MostLinks || Follow(Path.GetFullPath(target, place), ref links) is not { } followed)
                return null;
            place = followed;
        }

        return place;
    }
}
