using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Train;

/// <summary>The data of a federation that is at a server, as this machine has it: in its cache, or under the name that the spec or the command line has for it.</summary>
internal sealed class OwnTestSet(IDatasetLibrary library, Terminal terminal)
{
    /// <summary>Reads it, and holds it against what the federation learnt from.</summary>
    /// <param name="spec">The federation's.</param>
    /// <param name="data">What the command line names; null if it names nothing.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="UsageException">It can't be had here, or is another.</exception>
    public async Task<ImageDataset> ReadAsync(ResolvedSpec spec, string? data, CancellationToken cancellationToken)
    {
        if (spec.Dataset is not { } learnt)
            throw new UsageException($"id: federation '{spec.Id}' has no data yet");
        if (data is null && await FindAsync(learnt.SourceSha256, cancellationToken) is { } cached)
            return cached;
        var request = DatasetRequest.Of(spec);
        try
        {
            var found = await library.ResolveAsync(request with { Data = data ?? request.Data ?? learnt.Source, Within = null }, new DatasetProgressNotes(terminal), cancellationToken);
            return found.Sha256 == learnt.SourceSha256
                ? await library.OpenAsync(found.Sha256, cancellationToken)
                : throw new UsageException($"--data: {found.Description} is not what federation '{spec.Id}' learnt from: expected SHA-256 {learnt.SourceSha256}, got {found.Sha256}");
        }
        catch (DatasetException exception)
        {
            throw new UsageException(
                $"--data: what federation '{spec.Id}' learnt from can't be had here: {exception.Message}{(data is null ? "; expected --data SOURCE, where this machine has it" : "")}", exception);
        }
    }

    private async Task<ImageDataset?> FindAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            return await library.OpenAsync(sha256, cancellationToken);
        }
        catch (DatasetException)
        {
            return null; // it is read from where it is
        }
    }
}
