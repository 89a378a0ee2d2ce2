using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Contracts;

namespace FlDurable.LocalHost.Commands;

/// <summary>The file that a spec's <c>initial</c> names.</summary>
internal static class InitialParameters
{
    /// <param name="spec">The spec.</param>
    /// <param name="isKept">Whether the federation has its parameters already, so that the file may be gone.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Its content; null if the spec names none, or it is gone and no longer needed.</returns>
    /// <exception cref="UsageException">It can't be read.</exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(FederationSpec spec, bool isKept, CancellationToken cancellationToken)
    {
        if (spec.Initial is null || (isKept && !File.Exists(spec.Initial)))
            return null;
        try
        {
            return await File.ReadAllBytesAsync(spec.Initial, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"initial: '{spec.Initial}' can't be read: {exception.Message}", exception);
        }
    }
}
