using System.Globalization;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The names of simulated clients: their numbers, from 0, behind <c>client-</c>.</summary>
public static class ClientNames
{
    private const string Prefix = "client-";

    /// <summary>A client's name.</summary>
    /// <param name="number">Its number.</param>
    public static string Of(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}");

    /// <summary>The number of the client of a name; null if it is no simulated client's.</summary>
    public static int? NumberOf(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && name == Of(number)
            ? number
            : null;
}
