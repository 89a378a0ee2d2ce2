using System.Security.Cryptography;
using System.Text.Json;

namespace FlDurable.Shared.Json;

/// <summary>A document that says itself what it must be, for whoever finds it by its name and has no reference to hold it against.</summary>
public interface ISealed
{
    /// <summary>The document's <see cref="DocumentSeal"/>; null in what builds wrote that knew none.</summary>
    string? Seal { get; }
}

/// <summary>
/// The seal of a JSON document: the SHA-256 of its tokens, each with its kind before and a zero after it, but for the fields named
/// <c>seconds</c> and the document's own <c>seal</c>. Times are left out since they alone may differ between two runs of a spec.
/// </summary>
public static class DocumentSeal
{
    private const int DocumentDepth = 1;

    /// <summary>The seal that a document must have.</summary>
    /// <param name="document">The document, sealed or not yet.</param>
    public static string Of<T>(T document)
        where T : ISealed => Of(ContractJson.SerializeToUtf8(document));

    /// <inheritdoc cref="Of{T}(T)" path="/summary"/>
    /// <param name="utf8Json">The document as it is written.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static string Of(ReadOnlySpan<byte> utf8Json)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = new Utf8JsonReader(utf8Json);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && IsLeftOut(reader))
                reader.Skip();
            else
                Append(hash, reader);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsLeftOut(Utf8JsonReader reader) =>
        reader.ValueTextEquals("seconds"u8) || (reader.CurrentDepth == DocumentDepth && reader.ValueTextEquals("seal"u8));

    private static void Append(IncrementalHash hash, Utf8JsonReader reader)
    {
        hash.AppendData([(byte)reader.TokenType]);
        hash.AppendData(reader.ValueSpan);
        hash.AppendData([0]);
    }
}
