using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>What somebody gives for a field of a spec, not read yet.</summary>
/// <param name="Field">The field's name, which need not be one that specs have.</param>
/// <param name="Value">What is given.</param>
public readonly record struct FieldValue(string Field, JsonElement Value)
{
    /// <summary>The fields of a spec, in the order in which they are given. One that is given twice is there twice.</summary>
    /// <param name="spec">A JSON object, which is not to be disposed of before all is read.</param>
    public static IReadOnlyList<FieldValue> AllIn(JsonElement spec)
    {
        var values = new List<FieldValue>(spec.GetPropertyCount());
        foreach (var property in spec.EnumerateObject())
            values.Add(new FieldValue(property.Name, property.Value));
        return values;
    }

    /// <summary>What is given for a field, the last if that is several; null if nothing is.</summary>
    public static JsonElement? Find(IReadOnlyList<FieldValue> given, string field) =>
        given.Any(value => value.Field == field) ? given.Last(value => value.Field == field).Value : null;
}
