using System.Globalization;
using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.Api;

/// <summary>Reads what a request's path and query hold, and names everything that is wrong with them at once.</summary>
internal sealed class RequestFields
{
    /// <summary>The last round that any federation can have.</summary>
    public const int MaxRound = 1_000_000;

    /// <summary>The last part that any round's record can have.</summary>
    public const int MaxPart = 999_999;

    /// <summary>Whether the newest or the oldest come first.</summary>
    public const string OrderName = "order";

    /// <summary>How the id begins.</summary>
    public const string IdPrefixName = "idPrefix";

    /// <summary>Since when.</summary>
    public const string CreatedAfterName = "createdAfter";

    /// <summary>Until when.</summary>
    public const string CreatedBeforeName = "createdBefore";

    /// <summary>Which data set.</summary>
    public const string DigestName = "digest";

    /// <summary>What a data set's digest is.</summary>
    public const string DigestPattern = "^[0-9a-f]{64}$";

    /// <summary>How an id can begin.</summary>
    public const string IdPrefixPattern = "^[a-z0-9-]+$";

    /// <summary>The longest reason.</summary>
    public const int MaxTextLength = 500;

    private const int DigestLength = 64;
    private const string DigestRule = "the digest of a data set, 64 of 0-9 and a-f";
    private const string Newest = "newest";
    private const string Oldest = "oldest";

    // RFC 3339, of which the offset is a part.
    private static readonly string[] MomentForms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    private static readonly Dictionary<string, OrchestrationRuntimeStatus> Statuses = Enum.GetValues<OrchestrationRuntimeStatus>()
        .ToDictionary(status => JsonNamingPolicy.CamelCase.ConvertName(status.ToString()), StringComparer.Ordinal);

    private readonly List<SpecError> errors = [];

    /// <summary>The words for an instance's state.</summary>
    public static IEnumerable<string> StatusWords => Statuses.Keys;

    /// <summary>The words for what comes first.</summary>
    public static IReadOnlyList<string> Orders { get; } = [Oldest, Newest];

    /// <summary>A federation's id.</summary>
    public string Id(string id)
    {
        Expect("id", ArtifactNames.IsId(id), id, ArtifactNames.IdRule);
        return id;
    }

    /// <summary>A data set's digest; null if none is given.</summary>
    public string? Digest(string? digest)
    {
        Expect(DigestName, digest is null || (digest.Length == DigestLength && digest.All(char.IsAsciiHexDigitLower)), digest, DigestRule);
        return digest;
    }

    /// <summary>A round's number.</summary>
    public int Round(string round) => WholeNumber("round", round, 0, MaxRound, otherwise: 0);

    /// <summary>The number of a part of a round's record.</summary>
    public int Part(string part) => WholeNumber("part", part, 0, MaxPart, otherwise: 0);

    /// <summary>A whole number; what is not given is <paramref name="otherwise"/>.</summary>
    public int WholeNumber(string field, string? text, int least, int most, int otherwise)
    {
        if (text is null)
            return otherwise;
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
        Expect(field, isNumber, text, FormattableString.Invariant($"a whole number from {least} to {most}"));
        return number;
    }

    /// <summary>Whether the newest come first; not if nothing is given.</summary>
    public bool IsNewestFirst(string? word)
    {
        Expect(OrderName, string.IsNullOrEmpty(word) || Orders.Contains(word), word, $"one of {string.Join(", ", Orders)}");
        return word == Newest;
    }

    /// <summary>States, each given for itself or several with commas between them; null when none is given.</summary>
    public IReadOnlyList<OrchestrationRuntimeStatus>? Status(IEnumerable<string?> words)
    {
        var given = words.SelectMany(word => (word ?? "").Split(',')).Distinct(StringComparer.Ordinal).ToList();
        foreach (var word in given)
            Expect("status", Statuses.ContainsKey(word), word, $"one of {string.Join(", ", StatusWords)}");
        return given.Count == 0 ? null : [.. given.Where(Statuses.ContainsKey).Select(word => Statuses[word])];
    }

    /// <summary>A moment (RFC 3339), with an offset or <c>Z</c>; null when none is given.</summary>
    public DateTimeOffset? Moment(string field, string? text)
    {
        if (text is null)
            return null;

        // Whoever copies a time from an answer has a + in it, which in a query means a blank.
        var isMoment = DateTimeOffset.TryParseExact(
            text.Replace(' ', '+'), MomentForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment);
        Expect(field, isMoment, text, "a date and time with its offset, such as 2026-01-31T12:00:00Z");
        return isMoment ? moment : null;
    }

    /// <summary>How an id begins; null when nothing is given.</summary>
    public string? IdPrefix(string? prefix)
    {
        var isPrefix = prefix is null || (prefix.Length is > 0 and <= ArtifactNames.MaxIdLength && prefix.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-'));
        Expect(IdPrefixName, isPrefix, prefix, $"the beginning of an id: 1 to {ArtifactNames.MaxIdLength} of a-z, 0-9 and -");
        return prefix;
    }

    /// <summary>A reason for a person; what is not given is <paramref name="otherwise"/>.</summary>
    public string Reason(string? reason, string otherwise)
    {
        Expect("reason", reason is null or { Length: <= MaxTextLength }, reason, $"at most {MaxTextLength} characters");
        return string.IsNullOrWhiteSpace(reason) ? otherwise : reason;
    }

    /// <exception cref="InvalidSpecException">Something was wrong.</exception>
    public void Check()
    {
        if (errors.Count > 0)
            throw new InvalidSpecException(errors);
    }

    /// <summary>Names a field in which something else was expected.</summary>
    public void Expect(string field, bool holds, string? value, string expected)
    {
        if (!holds)
            errors.Add(new SpecError(field, $"expected {expected}, got '{Excerpt.Of(value ?? "")}'"));
    }
}
