using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

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
    /// <exception cref="FederationConflictException">It can't be run, and is not that of the federation of the id, which goes on with its own.</exception>
    public async Task<CheckedSpec> ReadAsync(Func<string, Task<ResolvedSpec?>> findStarted, CancellationToken cancellationToken)
    {
        using var document = Parse(file is null ? "{}"u8.ToArray() : await ReadFileAsync(file, cancellationToken));
        var given = FieldValue.AllIn(document.RootElement);
        var (spec, goesOnWith) = await CompleteAsync(given, findStarted);
        try
        {
            return Read(spec, given).WithId();
        }
        catch (InvalidSpecException) when (goesOnWith is not null && Changes(goesOnWith) is { Count: > 0 } changes)
        {
            // What is wrong may be said of a field that nobody gave, and no spec would go on with a federation but its own.
            throw new FederationConflictException($"federation '{goesOnWith.Id}' exists with another spec: {string.Join(", ", changes)}");
        }
    }

    /// <summary>What is given, not checked: a server does that, which may know other names.</summary>
    /// <exception cref="UsageException">The file can't be read.</exception>
    /// <exception cref="InvalidSpecException">It is no JSON.</exception>
    public async Task<IReadOnlyList<FieldValue>> ReadGivenAsync(CancellationToken cancellationToken)
    {
        using var document = Parse(file is null ? "{}"u8.ToArray() : await ReadFileAsync(file, cancellationToken));
        return [.. options.Over(FieldValue.AllIn(document.RootElement)).Where(value => value.Field != SpecDocument.Schema).Select(value => value with { Value = value.Value.Clone() })];
    }

    /// <summary>Everything that is given, over what it goes on with or branches from; and the federation that it goes on with, if it names no more than that.</summary>
    private async Task<(IReadOnlyList<FieldValue> Spec, ResolvedSpec? GoesOnWith)> CompleteAsync(IReadOnlyList<FieldValue> given, Func<string, Task<ResolvedSpec?>> findStarted)
    {
        var asked = options.Over(given);
        var started = TextOf("id") is { } id && ArtifactNames.IsId(id) ? await findStarted(id) : null;
        if (started is not null && file is null)
            return (options.Over(FieldsOf(started)), started);

        // A branch that was started goes on without the federation that it branched from.
        if (TextOf("initial") is { } initial && ArtifactNames.ParseGlobalParameters(initial) is { } round && (await findStarted(round.Id) ?? started) is { } parent)
            return (options.Over(BranchSpec.Over(parent, given)), null);
        return (asked, null);

        string? TextOf(string field) => FieldValue.Find(asked, field) is { } value ? SpecDocument.FindText(value) : null;
    }

    /// <summary>The given options that differ from what a federation was started with, for a person.</summary>
    private List<string> Changes(ResolvedSpec started)
    {
        var own = FieldsOf(started);
        return [.. from option in options.Over([])
                   let now = Excerpt.Counted(option.Value.GetRawText())
                   let old = FieldValue.Find(own, option.Field) is { } field ? Excerpt.Counted(field.GetRawText()) : "not given"
                   where now != old
                   select $"{option.Field} is {old}, not {now}"];
    }

    private static IReadOnlyList<FieldValue> FieldsOf(ResolvedSpec started) => FieldValue.AllIn(JsonSerializer.SerializeToElement(started.Spec, ContractJson.Options));

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
