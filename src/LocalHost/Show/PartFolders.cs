using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Pictures;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;

namespace FlDurable.LocalHost.Show;

/// <summary>
/// The parts of a division as folders of PNG files: what a client trains on and what it evaluates on, by class, with an <see cref="ImageList"/>
/// beside them, so that whoever reads the folder has the examples of the simulated client in its order.
/// </summary>
internal static class PartFolders
{
    /// <summary>Writes the folders. They appear when all is written.</summary>
    /// <exception cref="UsageException">The folder is there, or can't be written.</exception>
    public static async Task WriteAsync(
        string path, ImageDataset dataset, IReadOnlyList<int[]> parts, double validationFraction, CancellationToken cancellationToken)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.Exists(folder))
            throw new UsageException($"--out: '{path}' is there; expected a folder that isn't");
        if (dataset.Classes.FirstOrDefault(name => !FolderNames.CanBeClass(name)) is { } odd)
            throw new UsageException($"--out: the class '{odd}' can't be the name of a folder");
        var aside = $"{folder}.{Path.GetRandomFileName()}.tmp";
        try
        {
            var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
            await Task.Run(() => Parallel.For(0, parts.Count, options, client => WriteClient(aside, client, dataset, parts[client], validationFraction, cancellationToken)), cancellationToken);
            Directory.Move(aside, folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or AggregateException)
        {
            var reason = exception is AggregateException { InnerException: { } inner } ? inner.Message : exception.Message;
            throw new UsageException($"--out: '{path}' can't be written: {reason.Replace(aside, folder, StringComparison.Ordinal)}");
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }
    }

    private static void WriteClient(string folder, int client, ImageDataset dataset, int[] part, double validationFraction, CancellationToken cancellationToken)
    {
        var own = Path.Combine(folder, ClientNames.Of(client));
        var training = part.Length - PartitionedDataset.ValidationExamples(part.Length, validationFraction);
        var list = new ImageList(
            ImageList.CurrentVersion, dataset.Classes, dataset.Shape.Channels,
            [.. part[..training].Select(index => WriteImage(ImageList.TrainFolder, index))],
            [.. part[training..].Select(index => WriteImage(ImageList.ValidationFolder, index))]);
        File.WriteAllBytes(Path.Combine(own, ImageList.FileName), ContractJson.SerializeToUtf8(list));

        string WriteImage(string split, int index)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = string.Create(CultureInfo.InvariantCulture, $"{split}/{dataset.Classes[dataset.Train.Label(index)]}/{index:D7}.png");
            var file = Path.Combine(own, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, ExampleImage.ToPng(dataset.Train, index));
            return name;
        }
    }
}
