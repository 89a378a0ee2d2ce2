using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Commands;

/// <summary>What a spec's <c>initial</c> names: a file, or by its artifact's name the round of a federation that this one branches from.</summary>
internal static class InitialParameters
{
    /// <param name="spec">The spec.</param>
    /// <param name="isKept">Whether the federation has its parameters already, so that what they were taken from may be gone.</param>
    /// <param name="store">Opens the store that has the artifact.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Its content; null if the spec names none, or it is gone and no longer needed.</returns>
    /// <exception cref="InvalidSpecException">It can't be read.</exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        FederationSpec spec, bool isKept, Func<IArtifactStore> store, CancellationToken cancellationToken)
    {
        if (spec.Initial is null)
            return null;
        if (ArtifactNames.IsGlobalParameters(spec.Initial))
            return isKept ? null : await ReadRoundAsync(spec, store(), cancellationToken);
        return isKept && !File.Exists(spec.Initial) ? null : await ReadFileAsync(spec.Initial, cancellationToken);
    }

    private static async Task<byte[]> ReadRoundAsync(FederationSpec spec, IArtifactStore store, CancellationToken cancellationToken)
    {
        // A branch that was claimed but has recorded nothing yet has its own copy, whatever became of the federation that it branched from.
        var reference = await store.FindAsync(ArtifactNames.GlobalParameters(spec.Id!, round: 0), cancellationToken)
            ?? await store.FindAsync(spec.Initial!, cancellationToken)
            ?? throw Refused($"there is no artifact '{spec.Initial}' (any more); `fldurable status` shows a federation's rounds");
        return await store.ReadAsync(reference, cancellationToken);
    }

    private static async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw Refused($"'{path}' is a folder; expected a safetensors file, or a round's artifact");
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"'{path}' can't be read: {exception.Message}");
        }
    }

    private static InvalidSpecException Refused(string reason) => new([new SpecError("initial", reason)]);
}
