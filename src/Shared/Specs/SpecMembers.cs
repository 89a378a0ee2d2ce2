using System.Text.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>Reads the members of an object within a spec.</summary>
internal static class SpecMembers
{
    /// <summary>Whether a member is given, whatever its value.</summary>
    public static bool Has(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Reads those that are given; null is as if one was not.</summary>
    /// <param name="element">The object.</param>
    /// <param name="members">The members that it can have.</param>
    /// <param name="path">How errors name the object.</param>
    /// <param name="errors">Gets what is wrong.</param>
    /// <param name="known">What comes before the known members in an error.</param>
    /// <param name="besides">A member that is read elsewhere; null for none.</param>
    /// <returns>Their values, without those with an error.</returns>
    public static Dictionary<string, object> Read(
        JsonElement element, IReadOnlyList<SpecField> members, string path, SpecErrors errors, string known, string? besides = null)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject().Where(property => besides is null || !property.NameEquals(besides)))
        {
            var member = members.FirstOrDefault(member => member.Name == property.Name);
            if (member is null)
                errors.Add(() => new SpecError($"{path}.{Excerpt.Counted(property.Name)}", $"unknown option; {known} {(members.Count == 0 ? "none" : string.Join(", ", members.Select(one => one.Name)))}"));
            else if (!seen.Add(member.Name))
                errors.Add($"{path}.{member.Name}", "given twice");
            else if (property.Value.ValueKind != JsonValueKind.Null && member.Read(property.Value, $"{path}.{member.Name}", errors) is { } value)
                values.Add(member.Name, value);
        }

        return values;
    }
}
