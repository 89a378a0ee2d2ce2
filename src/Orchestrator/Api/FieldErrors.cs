using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Api;

/// <summary>Errors as an answer names them: by field, and no longer than somebody would read.</summary>
internal static class FieldErrors
{
    private const int MaxErrors = 100;
    private const int MaxNameLength = 100;

    /// <returns>Null without errors.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>>? ByField(IReadOnlyList<SpecError> errors)
    {
        if (errors.Count == 0)
            return null;
        var shown = errors.Take(MaxErrors).ToList();
        if (errors.Count > MaxErrors)
            shown.Add(new SpecError("$", $"and {errors.Count - MaxErrors} more"));
        return shown
            .GroupBy(error => Shorten(error.Field), error => error.Message, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, IReadOnlyList<string> (field) => [.. field], StringComparer.Ordinal);
    }

    private static string Shorten(string name) => name.Length <= MaxNameLength ? name : $"{name[..MaxNameLength]}…";
}
