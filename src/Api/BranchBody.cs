using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Texts;

namespace FlDurable.Api;

/// <summary>The body of a request for a branch: <c>round</c>, and fields of a spec.</summary>
internal sealed class BranchBody
{
    /// <summary>The field that is no spec's.</summary>
    public const string RoundField = "round";

    private readonly IReadOnlyList<JsonElement> rounds;
    private readonly IReadOnlyList<FieldValue> fields;

    private BranchBody(IReadOnlyList<JsonElement> rounds, IReadOnlyList<FieldValue> fields)
    {
        this.rounds = rounds;
        this.fields = fields;
    }

    /// <summary>Takes a JSON object apart.</summary>
    public static BranchBody Of(JsonElement body)
    {
        var given = FieldValue.AllIn(body);
        return new BranchBody(
            [.. given.Where(field => field.Field == RoundField).Select(field => field.Value)],
            [.. given.Where(field => field.Field != RoundField)]);
    }

    /// <summary>Whether a field of the spec is named.</summary>
    public bool Has(string field) => fields.Any(given => given.Field == field);

    /// <summary>The round to branch from.</summary>
    /// <param name="last">The parent's last round.</param>
    /// <param name="errors">Gets what is wrong with it.</param>
    public int ReadRound(int last, SpecErrors errors)
    {
        if (rounds is [{ ValueKind: JsonValueKind.Number } given] && WholeNumber.TryRead(given, out var round) && round >= 0 && round <= last)
            return (int)round;
        var got = rounds switch
        {
            [] => "nothing",
            [var one] => one.ValueKind is JsonValueKind.Number ? Excerpt.Counted(one.GetRawText()) : $"{one.ValueKind}".ToLowerInvariant(),
            _ => "it twice",
        };
        errors.Add(RoundField, FormattableString.Invariant($"expected the round to branch from, 0 to {last}, got {got}"));
        return 0;
    }

    /// <summary>The parent's spec with the given fields over it, not read yet.</summary>
    public IReadOnlyList<FieldValue> Over(ResolvedSpec parent) => BranchSpec.Over(parent, fields);
}
