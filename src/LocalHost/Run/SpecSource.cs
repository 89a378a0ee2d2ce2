using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Run;

/// <summary>
/// Where a run's spec comes from: a file, or what the federation was started with if the id has one, or the defaults; and over that the
/// options that were given. So <c>run --id X</c> alone is enough to go on. A branch has what the federation that it branches from was started
/// with, and over that what is given.
/// </summary>
/// <param name="file">The spec file, or null.</param>
/// <param name="options">The given options.</param>
/// <param name="reader">Reads and checks what it all comes to.</param>
internal sealed class SpecSource(string? file, GivenFields options, SpecReader reader)
{
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The spec, with an id.</summary>
    /// <param name="findStarted">What a federation of an id was started with, or null.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="UsageException">The file can't be read.</exception>
    /// <exception cref="InvalidSpecException">It can't be run; every field that is wrong is named.</exception>
    public async Task<CheckedSpec> ReadAsync(Func<string, Task<ResolvedSpec?>> findStarted, CancellationToken cancellationToken)
    {
        using var document = Parse(file is null ? "{}"u8.ToArray() : await ReadFileAsync(file, cancellationToken));
        var given = FieldValue.AllIn(document.RootElement);
        return Read(await CompleteAsync(given, findStarted), given).WithId();
    }

    /// <summary>What is given, not checked: a server does that, which may know other names.</summary>
    /// <exception cref="UsageException">The file can't be read.</exception>
    /// <exception cref="InvalidSpecException">It is no JSON.</exception>
    public async Task<IReadOnlyList<FieldValue>> ReadGivenAsync(CancellationToken cancellationToken)
    {
        using var document = Parse(file is null ? "{}"u8.ToArray() : await ReadFileAsync(file, cancellationToken));
        return [.. options.Over(FieldValue.AllIn(document.RootElement)).Where(value => value.Field != SpecDocument.Schema).Select(value => value with { Value = value.Value.Clone() })];
    }

    /// <summary>Everything that is given, over what it goes on with or branches from.</summary>
    private async Task<IReadOnlyList<FieldValue>> CompleteAsync(IReadOnlyList<FieldValue> given, Func<string, Task<ResolvedSpec?>> findStarted)
    {
        var asked = options.Over(given);
        var started = TextOf("id") is { } id && ArtifactNames.IsId(id) ? await findStarted(id) : null;
        if (started is not null && file is null)
            return options.Over(FieldValue.AllIn(JsonSerializer.SerializeToElement(started.Spec, ContractJson.Options)));

        // A branch that was started goes on without the federation that it branched from.
        if (TextOf("initial") is { } initial && ArtifactNames.ParseGlobalParameters(initial) is { } round && (await findStarted(round.Id) ?? started) is { } parent)
            return options.Over(BranchSpec.Over(parent, given));
        return asked;

        string? TextOf(string field) => FieldValue.Find(asked, field) is { } value ? SpecDocument.FindText(value) : null;
    }

    /// <summary>What is wrong in the file is said of the file.</summary>
    private CheckedSpec Read(IReadOnlyList<FieldValue> spec, IReadOnlyList<FieldValue> given)
    {
        try
        {
            return reader.Read(spec);
        }
        catch (InvalidSpecException exception) when (file is not null)
        {
            var fields = given.Select(value => value.Field).Where(field => !options.Has(field)).ToHashSet(StringComparer.Ordinal);
            throw new InvalidSpecException([.. exception.Errors.Select(error => fields.Contains(error.Field.Split('.')[0]) ? OfFile(error) : error)]);
        }
    }

    private JsonDocument Parse(ReadOnlySpan<byte> given)
    {
        try
        {
            return SpecDocument.Parse(given);
        }
        catch (InvalidSpecException exception)
        {
            throw new InvalidSpecException([.. exception.Errors.Select(OfFile)]);
        }
    }

    private SpecError OfFile(SpecError error) => error with { Field = $"{file}: {error.Field}" };

    private static async Task<byte[]> ReadFileAsync(string file, CancellationToken cancellationToken)
    {
        if (Directory.Exists(file))
            throw new UsageException($"the spec '{file}' is a folder; expected a file");
        try
        {
            var content = await InputFile.ReadAsync(file, MaxFileBytes, cancellationToken);
            if (content.Length > MaxFileBytes)
                throw new UsageException($"the spec '{file}' has more than {MaxFileBytes} bytes, expected at most that");
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the spec '{file}' can't be read: {InputFile.Describe(exception, file)}", exception);
        }
    }
}
