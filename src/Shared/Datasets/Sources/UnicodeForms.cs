using System.Text;
using ADRaffy.ENSNormalize;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// Unicode's form D, in which letters and their accents are characters of their own (Unicode Standard Annex #15). The BCL takes its tables from
/// ICU, which is not there in programs for servers: <see cref="string.Normalize()"/> then gives back what it is given.
/// </summary>
internal static class UnicodeForms
{
    /// <summary>A name in form D: equal for two names that are one in all but their form.</summary>
    public static string Decomposed(string name) => Ascii.IsValid(name) ? name : ENSNormalize.NF.NFD(name);
}
