using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Specs;

/// <summary>A spec's <c>data</c> where it is at sites: <c>sites:a,b,c</c>, in the order in which they are the federation's clients.</summary>
public static class SiteData
{
    /// <summary>What such data is called in specs and manifests.</summary>
    public const string Kind = "sites";

    /// <summary>The form, for messages.</summary>
    public const string Form = $"{Kind}:NAME,NAME with names of {ArtifactNames.IdRule}, none twice";

    private const string Prefix = $"{Kind}:";

    /// <summary>The sites that it names, as they are written; empty where the data is at none.</summary>
    public static IReadOnlyList<string> NamesIn(string? data) =>
        data is not null && data.StartsWith(Prefix, StringComparison.Ordinal) ? data[Prefix.Length..].Split(',') : [];

    /// <summary>Whether data that is at sites names them as it must; true of all other data.</summary>
    public static bool IsWellFormed(string? data)
    {
        var names = NamesIn(data);
        return data != Kind && names.All(ArtifactNames.IsId) && names.Distinct(StringComparer.Ordinal).Count() == names.Count;
    }
}
