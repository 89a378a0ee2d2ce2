using System.Text.Json;

namespace FlDurable.Shared.Json;

/// <summary>Whole numbers as people and programs write them: <c>5</c>, and also <c>5.0</c> and <c>5e0</c>.</summary>
public static class WholeNumber
{
    /// <summary>Reads a number that has no fraction.</summary>
    /// <param name="number">A JSON number.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it is a whole number that a <see cref="long"/> holds.</returns>
    public static bool TryRead(JsonElement number, out long value)
    {
        if (number.TryGetInt64(out value))
            return true;
        const double most = 1L << 53; // up to which no two whole numbers are the same double
        if (!number.TryGetDouble(out var real) || real != Math.Floor(real) || Math.Abs(real) > most)
            return false;
        value = (long)real;
        return true;
    }
}
