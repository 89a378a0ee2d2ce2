using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Run;

/// <summary>What a spec's <c>initial</c> names: a file, or by its artifact's name the round of a federation that this one branches from.</summary>
internal static class InitialParameters
{
    // Beside the values, room for a header; in a checkpoint, for an optimizer's state, or twice the digits.
    private const int MostBytes = 4 * sizeof(float) * Network.MostParameters + (1 << 20);

    /// <param name="spec">A checked spec.</param>
    /// <param name="isKept">Whether the federation has its parameters already, so that what they were taken from may be gone.</param>
    /// <param name="store">Opens the store that has the artifact.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Its content; null if the spec names none, or it is gone and no longer needed.</returns>
    /// <exception cref="InvalidSpecException">It can't be read, or is too long for such tensors.</exception>
    /// <exception cref="ArtifactCorruptException">The round's parameters are damaged. The message names what is whole.</exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        FederationSpec spec, bool isKept, Func<IArtifactStore> store, CancellationToken cancellationToken)
    {
        if (spec.Initial is null)
            return null;
        if (ArtifactNames.ParseGlobalParameters(spec.Initial) is { } round)
            return isKept ? null : await ReadRoundAsync(spec, round, store(), cancellationToken);
        return isKept && !File.Exists(spec.Initial) ? null : await ReadFileAsync(spec.Initial, cancellationToken);
    }

    private static string LargestTakes => $"the parameters of the largest network and an optimizer's state take {MostBytes}";

    private static async Task<byte[]> ReadRoundAsync(
        FederationSpec spec, (string Id, int Round) from, IArtifactStore store, CancellationToken cancellationToken)
    {
        // A branch that was claimed but has recorded nothing yet has its own copy, whatever became of the federation that it branched from.
        // Whoever launches it holds that against its spec.
        var reference = await store.FindAsync(ArtifactNames.GlobalParameters(spec.Id!, round: 0), cancellationToken)
            ?? await new RecordedFederation(store, from.Id).FindParametersAsync(from.Round, cancellationToken)
            ?? throw Refused($"there is no artifact '{spec.Initial}' (any more); `fldurable status` shows a federation's rounds");
        return await store.ReadAsync(reference, cancellationToken);
    }

    private static async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
            throw Refused($"'{path}' is a folder; expected a safetensors file, a checkpoint of PyTorch, or a round's artifact");
        try
        {
            // Whether they are the network's is known once its data is.
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes } file)
                throw Refused($"'{path}' has {file.Length} bytes, {LargestTakes}");
            var content = await InputFile.ReadAsync(path, MostBytes, cancellationToken);
            return content.Length <= MostBytes ? content : throw Refused($"'{path}' does not end, {LargestTakes}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused($"'{path}' can't be read: {InputFile.Describe(exception, path)}");
        }
    }

    private static InvalidSpecException Refused(string reason) => new([new SpecError("initial", reason)]);
}
