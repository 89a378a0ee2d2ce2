using System.Globalization;
using System.Security.Cryptography;

namespace FlDurable.Shared.Specs;

/// <summary>Ids for federations that were given none.</summary>
public static class FederationIds
{
    /// <summary>An id that says when it was made, and is no other's.</summary>
    public static string New() => string.Create(
        CultureInfo.InvariantCulture, $"fed-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
}
