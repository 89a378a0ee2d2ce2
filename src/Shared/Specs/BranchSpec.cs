using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>The spec of a branch: the one of the federation that it branches from, with those fields over it that are given.</summary>
public static class BranchSpec
{
    /// <summary>
    /// What the branch's spec has for its fields, without id and initial parameters unless they are given. What the parent left to its default is
    /// so again: with other clients, its minimums follow.
    /// </summary>
    /// <param name="parent">What the other federation was started with.</param>
    /// <param name="given">The given fields. Whoever reads the spec says what is wrong with them.</param>
    public static IReadOnlyList<FieldValue> Over(ResolvedSpec parent, IReadOnlyList<FieldValue> given)
    {
        // Which data a parent has that named none was decided once, and must not be decided otherwise for its branch.
        var spec = parent.Spec with { Id = null, Initial = null, Data = parent.Spec.Data ?? parent.Dataset?.Source };
        var defaults = JsonSerializer.SerializeToElement(Defaults(spec), ContractJson.Options);
        var inherited = FieldValue.AllIn(JsonSerializer.SerializeToElement(spec, ContractJson.Options));
        return [.. inherited.Where(own => !IsGiven(own) && !IsDefault(own)), .. given];

        bool IsGiven(FieldValue own) => given.Any(field => field.Field == own.Field);

        bool IsDefault(FieldValue own) => own.Field switch
        {
            "clients" => false,
            "quorum" => spec.Quorum == (Defaults(spec) with { FractionFit = spec.FractionFit, MinFitClients = spec.MinFitClients }).Quorum,
            _ => defaults.TryGetProperty(own.Field, out var value) && value.GetRawText() == own.Value.GetRawText(),
        };
    }

    private static FederationSpec Defaults(FederationSpec spec) => new() { Clients = spec.Clients };
}
