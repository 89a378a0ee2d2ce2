using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Contracts;

namespace FlDurable.LocalHost.Commands;

/// <summary>The file that a spec's <c>initial</c> names.</summary>
internal static class InitialParameters
{
    /// <returns>Its content; null if the spec names none.</returns>
    /// <exception cref="UsageException">It can't be read.</exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(FederationSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Initial is null)
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
