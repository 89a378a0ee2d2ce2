using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Doctor;

/// <summary>Looks at the cache of data sets, and at the data that is named.</summary>
internal static class DataCheckup
{
    /// <summary>Looks.</summary>
    /// <param name="data">The data that is named, as a spec names it; null for none.</param>
    /// <param name="parts">What this host has.</param>
    public static IEnumerable<Finding> Look(string? data, HostParts parts)
    {
        yield return StateCheckup.Folder("cache", CacheFolder.Default, $"${CacheFolder.Variable}");
        yield return data is null ? Cached() : Named(data, parts);
    }

    private static Finding Cached()
    {
        FileInfo[] files;
        try
        {
            files = new DirectoryInfo(CacheFolder.Default) is { Exists: true } cache ? cache.GetFiles("*", SearchOption.AllDirectories) : [];
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return new Finding("data", Condition.Broken, $"the cache can't be read: {exception.Message}", $"give this user the folder, or another: ${CacheFolder.Variable}");
        }

        var what = $"the cache has {Figures.Megabytes(files.Sum(file => file.Length))}";
        return files.Length == 0
            ? new Finding("data", Condition.Note, $"{what}: without --data, run downloads CIFAR-10 (170 MB), or makes synthetic images where it can't")
            : new Finding("data", Condition.Well, what);
    }

    private static Finding Named(string data, HostParts parts)
    {
        using var services = parts.AddTo(new ServiceCollection()).BuildServiceProvider();
        try
        {
            return services.GetRequiredService<DatasetNames>().FileOf(data) is { } path && !Path.Exists(path)
                ? new Finding("data", Condition.Broken, $"{data}: there is no file or folder '{Path.GetFullPath(path)}'", "mend the path, or mount what has it; docs/data.md tells what data can be")
                : new Finding("data", Condition.Well, $"{data}: a name that is understood; fldurable partition --data {data} reads it");
        }
        catch (DatasetException exception)
        {
            return new Finding("data", Condition.Broken, exception.Message, "docs/data.md tells what data can be");
        }
    }
}
