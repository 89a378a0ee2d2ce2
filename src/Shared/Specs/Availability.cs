using System.Globalization;
using System.Text.RegularExpressions;

namespace FlDurable.Shared.Specs;

/// <summary>
/// Which simulated clients can be reached in which round, for experiments with drop-outs (<see cref="FederationSpec.Availability"/>): a list of clients' numbers for each round,
/// <c>0-7;0,2,4-9</c>, which begins anew after its last. Who is chosen for a round in which it can't be reached is that round's named failure.
/// </summary>
public sealed partial class Availability
{
    /// <summary>What a text must be, for messages.</summary>
    public const string Rule = "lists of clients' numbers, one a round, such as 0-7;0,2,4-9";

    /// <summary><see cref="Rule"/> as a regular expression of JSON schema.</summary>
    public const string Pattern = $"^{OfList}(;{OfList})*$";

    /// <summary>The longest text.</summary>
    public const int MaxLength = 4096;

    private const string OfRange = "[0-9]{1,7}(-[0-9]{1,7})?";
    private const string OfList = $"{OfRange}(,{OfRange})*";

    private readonly IReadOnlyList<IReadOnlyList<(int First, int Last)>> rounds;

    private Availability(IReadOnlyList<IReadOnlyList<(int First, int Last)>> rounds) => this.rounds = rounds;

    /// <summary>The largest client's number in it.</summary>
    public int LastClient => rounds.Max(lists => lists.Max(range => range.Last));

    /// <summary>Reads lists; null if it is none, or a range ends before it begins.</summary>
    public static Availability? TryParse(string text)
    {
        if (text.Length > MaxLength || !Lists().IsMatch(text))
            return null;
        var rounds = text.Split(';').Select(list => (IReadOnlyList<(int First, int Last)>)[.. list.Split(',').Select(RangeOf)]).ToList();
        return rounds.TrueForAll(list => list.All(range => range.First <= range.Last)) ? new Availability(rounds) : null;
    }

    /// <summary>Whether a client can be reached in a round.</summary>
    /// <param name="client">Its number, from 0.</param>
    /// <param name="round">The round, from 1.</param>
    public bool IsThere(int client, int round) => rounds[(round - 1) % rounds.Count].Any(range => client >= range.First && client <= range.Last);

    private static (int First, int Last) RangeOf(string text)
    {
        var ends = text.Split('-');
        return (Number(ends[0]), Number(ends[^1]));
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex($@"\A{OfList}(;{OfList})*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Lists();
}
