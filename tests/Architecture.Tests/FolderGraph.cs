namespace FlDurable.Architecture.Tests;

/// <summary>A type of one folder that uses a type of another.</summary>
/// <param name="From">The namespace of the one: folders are namespaces.</param>
/// <param name="User">Its name.</param>
/// <param name="To">The namespace of the other.</param>
/// <param name="Used">Its name.</param>
internal sealed record FolderUse(string From, string User, string To, string Used);

/// <summary>
/// Which folders use which. They are looked at a level at a time: at each, a folder stands for all that is below it, and the files that lie
/// beside the folders are one more, <c>(own files)</c>.
/// </summary>
internal sealed class FolderGraph(IEnumerable<FolderUse> uses)
{
    private const string OwnFiles = "(own files)";
    private readonly List<FolderUse> uses = [.. uses.Distinct()];

    /// <summary>A shortest circle among the folders below one, on whichever level, with a use for each of its arrows; null if there is none.</summary>
    public string? FindCircle(string project) => Levels(project).Select(FindCircleOn).FirstOrDefault(circle => circle is not null);

    private IEnumerable<string> Levels(string project) => uses
        .SelectMany(use => (string[])[use.From, use.To])
        .SelectMany(folder => folder.Split('.').Select((_, end) => string.Join('.', folder.Split('.').Take(end + 1))))
        .Where(folder => folder == project || folder.StartsWith($"{project}.", StringComparison.Ordinal))
        .Distinct()
        .Order(StringComparer.Ordinal);

    private string? FindCircleOn(string level)
    {
        var arrows = uses
            .Select(use => (From: Child(level, use.From), To: Child(level, use.To), Use: use))
            .Where(arrow => arrow.From is not null && arrow.To is not null && arrow.From != arrow.To)
            .ToLookup(arrow => arrow.From!, arrow => (To: arrow.To!, arrow.Use));
        var circles = arrows.Select(from => ShortestBack(arrows, from.Key)).Where(circle => circle is not null);
        return circles.MinBy(circle => circle!.Count) is { } shortest ? $"{level}: {string.Join(", ", shortest)}" : null;
    }

    /// <summary>The fewest arrows that lead from a folder back to it.</summary>
    private static List<string>? ShortestBack(ILookup<string, (string To, FolderUse Use)> arrows, string start)
    {
        var paths = new Queue<(string At, List<string> Path)>([(start, [])]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (paths.TryDequeue(out var path))
        {
            foreach (var (to, use) in arrows[path.At])
            {
                List<string> longer = [.. path.Path, $"{path.At} → {to} ({use.User} uses {use.Used})"];
                if (to == start)
                    return longer;
                if (seen.Add(to))
                    paths.Enqueue((to, longer));
            }
        }

        return null;
    }

    private static string? Child(string level, string folder)
    {
        if (folder == level)
            return OwnFiles;
        return folder.StartsWith($"{level}.", StringComparison.Ordinal) ? folder[(level.Length + 1)..].Split('.')[0] : null;
    }
}
