using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FlDurable.Api;

/// <summary>
/// How long a caller waits for what a start leads to: <c>?wait=N</c>, or <c>Prefer: wait=N</c> (RFC 7240), which is a wish, so that one that
/// can't be read or granted is no error.
/// </summary>
/// <param name="Seconds">How many seconds; 0 is not at all.</param>
/// <param name="IsPreferred">Whether it is taken from <c>Prefer</c>, so that the answer says what was granted.</param>
internal readonly record struct RequestPatience(int Seconds, bool IsPreferred)
{
    /// <summary>The name, in a query and in <c>Prefer</c>.</summary>
    public const string Name = "wait";

    /// <summary>No request is held longer.</summary>
    public const int MostSeconds = 600;

    /// <summary>Reads it.</summary>
    public static RequestPatience Of(HttpRequest request, RequestFields fields)
    {
        if (request.Query.TryGetValue(Name, out var given))
            return new RequestPatience(fields.WholeNumber(Name, given, 0, MostSeconds, 0), IsPreferred: false);
        foreach (var preference in request.Headers["Prefer"].SelectMany(line => (line ?? "").Split(',')))
        {
            // What stands behind a semicolon is a parameter of the preference, not one itself.
            if (preference.Split(';')[0].Split('=', 2, StringSplitOptions.TrimEntries) is [var name, var value]
                && name.Equals(Name, StringComparison.OrdinalIgnoreCase)
                && int.TryParse(value.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                return new RequestPatience(Math.Min(seconds, MostSeconds), IsPreferred: true);
            }
        }

        return default;
    }
}
