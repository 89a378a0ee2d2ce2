using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace FlDurable.Shared.Specs;

/// <summary>What a host has registered for a spec to name: the built-in parts and its own, each with a name of its own.</summary>
public static partial class NamedParts
{
    /// <summary>A name, as a regular expression without anchors.</summary>
    public const string NamePattern = "[A-Za-z0-9][A-Za-z0-9-]{0,39}";

    /// <summary>The parts by their names.</summary>
    /// <param name="kind">What they are, for a person: <c>strategy</c>.</param>
    /// <param name="parts">All that are registered.</param>
    /// <param name="name">What a spec calls one.</param>
    /// <exception cref="ArgumentException">Two have one name, or a name is none that a spec, a command line and a file can have.</exception>
    public static FrozenDictionary<string, T> ByName<T>(string kind, IEnumerable<T> parts, Func<T, string> name)
    {
        var named = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            if (!Name().IsMatch(name(part)))
                throw new ArgumentException($"{kind} '{name(part)}': expected a name of at most 40 letters, digits and hyphens, as a spec has it", nameof(parts));
            if (!named.TryAdd(name(part), part))
                throw new ArgumentException($"{kind} '{name(part)}': two are registered under this name; expected another name for one's own", nameof(parts));
        }

        return named.ToFrozenDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex($"^{NamePattern}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
