using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// The files by which a kind of data set is known: those in a folder and in the folders in it, or at an archive's beginning. Files that lie
/// deeper are images, and there may be millions of them.
/// </summary>
internal static class NearFiles
{
    private const int ImageDepth = 3;

    /// <summary>Their names, without folders.</summary>
    /// <exception cref="DatasetException">The folder or archive can't be read.</exception>
    public static IEnumerable<string> NamesAt(string path, CancellationToken cancellationToken) => Directory.Exists(path)
        ? Guarded(path, () => Folders(path).SelectMany(Directory.EnumerateFiles).Select(file => Path.GetFileName(file)!))
        : FileContainer.Open(path).Files(cancellationToken)
            .TakeWhile(file => file.Name.Split('/').Length < ImageDepth)
            .Select(file => NameOf(file));

    /// <summary>The folder itself or the first folder in it that has a file of such a name; of anything else, the path.</summary>
    /// <exception cref="DatasetException">The folder can't be read.</exception>
    public static string FolderOf(string path, Func<string, bool> isSuch)
    {
        if (!Directory.Exists(path))
            return path;
        return Guarded(path, () => Folders(path).Where(folder => Directory.EnumerateFiles(folder).Any(file => isSuch(Path.GetFileName(file))))).FirstOrDefault(path);
    }

    /// <summary>A file's name, without folders.</summary>
    public static string NameOf(ContainedFile file) => file.Name[(file.Name.LastIndexOf('/') + 1)..];

    private static IEnumerable<string> Folders(string path) => Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal).Prepend(path);

    private static List<string> Guarded(string path, Func<IEnumerable<string>> names)
    {
        try
        {
            return [.. names()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: can't be read: {FileFailure.Describe(exception)}", exception);
        }
    }
}
