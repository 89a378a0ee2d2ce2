using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlDurable.Shared.Specs;

/// <summary>A number of clients, or the word that leaves it to each round.</summary>
internal sealed class CohortSizeJson : JsonConverter<int>
{
    /// <summary>The word.</summary>
    public const string Auto = "auto";

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? reader.GetInt32()
        : reader.ValueTextEquals(Auto) ? FederationSpec.AutoCohortSize
        : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options)
    {
        if (value == FederationSpec.AutoCohortSize)
            writer.WriteStringValue(Auto);
        else
            writer.WriteNumberValue(value);
    }
}
