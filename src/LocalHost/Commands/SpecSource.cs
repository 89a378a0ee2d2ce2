using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Commands;

/// <summary>
/// Where a run's spec comes from: a file, or what the federation was started with if the id has one, or the defaults; and over that the
/// options that were given. So <c>run --id X</c> alone is enough to go on. A branch has what the federation that it branches from was started
/// with, and over that what is given.
/// </summary>
/// <param name="file">The spec file, or null.</param>
/// <param name="withOptions">Lays the given options over a spec's JSON.</param>
internal sealed class SpecSource(string? file, Func<ReadOnlyMemory<byte>, FederationSpec> withOptions)
{
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The spec, with an id.</summary>
    /// <param name="findStarted">What a federation of an id was started with, or null.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="UsageException">The file can't be read.</exception>
    /// <exception cref="InvalidSpecException">A field is unknown or of the wrong type.</exception>
    public async Task<FederationSpec> ReadAsync(Func<string, Task<ResolvedSpec?>> findStarted, CancellationToken cancellationToken)
    {
        var given = file is null ? "{}"u8.ToArray() : await ReadFileAsync(file, cancellationToken);
        var spec = withOptions(given);
        var started = spec.Id is { } id && ArtifactNames.IsId(id) ? await findStarted(id) : null;
        if (started is not null && file is null)
            return withOptions(ContractJson.SerializeToUtf8(started.Spec));

        // A branch that was started goes on without the federation that it branched from.
        if (spec.Initial is { } initial && ArtifactNames.ParseGlobalParameters(initial) is { } round
            && (await findStarted(round.Id) ?? started) is { } parent)
        {
            using var document = SpecDocument.Parse(given);
            spec = withOptions(BranchSpec.Over(parent, [.. document.RootElement.EnumerateObject()]));
        }

        return spec.Id is null ? spec with { Id = FederationIds.New() } : spec;
    }

    private static async Task<byte[]> ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        if (Directory.Exists(file))
            throw new UsageException($"the spec '{file}' is a folder; expected a file");
        try
        {
            var content = await InputFile.ReadAsync(file, MaxFileBytes, cancellationToken);
            if (content.Length > MaxFileBytes)
                throw new UsageException($"the spec '{file}' has more than {MaxFileBytes} bytes, expected at most that");
            FederationSpecReader.Read(content); // what is wrong in the file is said of the file, even where an option overrides it
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the spec '{file}' can't be read: {InputFile.Describe(exception, file)}", exception);
        }
        catch (InvalidSpecException exception)
        {
            throw new InvalidSpecException([.. exception.Errors.Select(error => error with { Field = $"{file}: {error.Field}" })]);
        }
    }
}
