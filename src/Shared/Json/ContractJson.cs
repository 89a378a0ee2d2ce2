using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FlDurable.Shared.Json;

/// <summary>
/// The one way in which FlDurable writes and reads JSON: camelCase, absent instead of null, no NaN, and on reading nothing unknown,
/// nothing missing, nothing converted.
/// </summary>
public static class ContractJson
{
    /// <summary>The options, read-only.</summary>
    public static JsonSerializerOptions Options { get; } =
        CreateOptions(JsonTypeInfoResolver.Combine([.. ContractShapesAttribute.Given, new DefaultJsonTypeInfoResolver()]));

    /// <summary>As compact JSON.</summary>
    public static string Serialize<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>As compact UTF-8 JSON: what an artifact holds.</summary>
    public static byte[] SerializeToUtf8<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <summary>Reads what <see cref="Serialize{T}"/> wrote.</summary>
    /// <exception cref="JsonException">It is no JSON, or not of the shape of <typeparamref name="T"/>; the message names the path.</exception>
    public static T Deserialize<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw NullDocument<T>();

    /// <inheritdoc cref="Deserialize{T}(string)"/>
    public static T Deserialize<T>(ReadOnlySpan<byte> utf8Json) =>
        JsonSerializer.Deserialize<T>(utf8Json, Options) ?? throw NullDocument<T>();

    /// <summary>These options, for types whose shapes are told so.</summary>
    internal static JsonSerializerOptions CreateOptions(IJsonTypeInfoResolver shapes)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            AllowDuplicateProperties = false,
            MaxDepth = 16,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
            TypeInfoResolver = shapes.WithAddedModifier(MakeNullableOptional),
        };
        options.MakeReadOnly();
        return options;
    }

    private static JsonException NullDocument<T>() => new($"expected a {typeof(T).Name}, got null");

    // Null is written as absence, so what may be null may be absent.
    private static void MakeNullableOptional(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(property => property.AssociatedParameter is { IsNullable: true }))
            property.IsRequired = false;
    }
}
