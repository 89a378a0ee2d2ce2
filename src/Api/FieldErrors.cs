using FlDurable.Shared.Specs;

namespace FlDurable.Api;

/// <summary>Errors as an answer names them: by field. Whoever reads a body names no more of them than somebody would read.</summary>
internal static class FieldErrors
{
    /// <returns>Null without errors.</returns>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>>? ByField(IReadOnlyList<SpecError> errors) => errors.Count == 0
        ? null
        : errors
            .GroupBy(error => error.Field, error => error.Message, StringComparer.Ordinal)
            .ToDictionary(field => field.Key, IReadOnlyList<string> (field) => [.. field], StringComparer.Ordinal);
}
