using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>
/// What a field of a spec names, with the options that go with that name. In JSON it is the name alone, <c>"fedavg"</c>, where there are no
/// options, else <c>{"name":"fedadam","serverLearningRate":0.03}</c>. One that a <see cref="SpecReader"/> has read has every option of its
/// name, in the order in which they are declared.
/// </summary>
[JsonConverter(typeof(SpecChoiceJson))]
public sealed class SpecChoice : IEquatable<SpecChoice>
{
    private readonly IReadOnlyList<KeyValuePair<string, JsonElement>> options;

    internal SpecChoice(string name, IReadOnlyList<KeyValuePair<string, JsonElement>> options)
    {
        Name = name;
        this.options = options;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    internal IReadOnlyList<KeyValuePair<string, JsonElement>> Options => options;

    /// <summary>A name with all its options as they are by default.</summary>
    public static implicit operator SpecChoice(string name) => FromString(name);

    /// <summary>Whether both have one name and the same options.</summary>
    public static bool operator ==(SpecChoice? left, SpecChoice? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they have not.</summary>
    public static bool operator !=(SpecChoice? left, SpecChoice? right) => !(left == right);

    /// <summary>A name with all its options as they are by default.</summary>
    public static SpecChoice FromString(string name) => new(name, []);

    /// <summary>An option's value.</summary>
    /// <param name="option">As it is declared with the name.</param>
    /// <returns>What was given, else the option's default.</returns>
    /// <exception cref="InvalidOperationException">It was not given and has no default.</exception>
    public double Of(NumberField option) => Find(option)?.GetDouble() ?? option.Default ?? throw None(option);

    /// <inheritdoc cref="Of(NumberField)"/>
    public long Of(WholeNumberField option) =>
        Find(option) is { } given && WholeNumber.TryRead(given, out var number) ? number : option.Default ?? throw None(option);

    /// <inheritdoc cref="Of(NumberField)"/>
    public bool Of(FlagField option) => Find(option)?.GetBoolean() ?? option.Default ?? throw None(option);

    /// <inheritdoc cref="Of(NumberField)"/>
    public string Of(TextField option) => Find(option)?.GetString() ?? option.Default ?? throw None(option);

    /// <inheritdoc cref="Of(NumberField)"/>
    public string Of(WordField option) => Find(option)?.GetString() ?? option.Default ?? throw None(option);

    /// <inheritdoc cref="Of(NumberField)"/>
    public IReadOnlyList<double> Of(NumbersField option) =>
        Find(option) is { } given ? [.. given.EnumerateArray().Select(number => number.GetDouble())] : option.Default ?? throw None(option);

    /// <summary>For each option that another choice of the same name has otherwise: this choice with that one exchanged.</summary>
    public IEnumerable<(string Name, SpecChoice Exchanged)> ExchangedFor(SpecChoice other)
    {
        foreach (var (name, value) in other.options)
        {
            var rest = options.Where(option => option.Key != name).ToList();
            if (rest.Count == options.Count || !JsonElement.DeepEquals(options.First(option => option.Key == name).Value, value))
                yield return (name, new SpecChoice(Name, [.. rest, KeyValuePair.Create(name, value)]));
        }
    }

    /// <inheritdoc/>
    public bool Equals(SpecChoice? other) =>
        other is not null && Name == other.Name && options.Count == other.options.Count
        && options.Zip(other.options).All(pair => pair.First.Key == pair.Second.Key && JsonElement.DeepEquals(pair.First.Value, pair.Second.Value));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SpecChoice);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, options.Count);

    /// <summary>As a person writes it on a command line: <c>fedadam serverLearningRate=0.03</c>.</summary>
    public override string ToString() =>
        string.Join(' ', options.Select(option => string.Create(CultureInfo.InvariantCulture, $"{option.Key}={option.Value}")).Prepend(Name));

    private JsonElement? Find(SpecField option)
    {
        foreach (var (name, value) in options)
        {
            if (name == option.Name)
                return value;
        }

        return null;
    }

    private InvalidOperationException None(SpecField option) => new($"'{Name}' was given no '{option.Name}', which has no default");
}

/// <summary>Writes a choice without options as a string, and reads both forms.</summary>
internal sealed class SpecChoiceJson : JsonConverter<SpecChoice>
{
    /// <summary>The property that has the name.</summary>
    public const string Name = "name";

    public override SpecChoice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString()!;
        using var document = JsonDocument.ParseValue(ref reader);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Name, out var name))
            throw new JsonException($"expected a string, or an object with a {Name}");
        var given = document.RootElement.EnumerateObject().Where(property => property.Name != Name);
        return new SpecChoice(
            name.GetString() ?? throw new JsonException($"expected a string as {Name}"),
            [.. given.Select(property => KeyValuePair.Create(property.Name, property.Value.Clone()))]);
    }

    public override void Write(Utf8JsonWriter writer, SpecChoice value, JsonSerializerOptions options)
    {
        if (value.Options.Count == 0)
        {
            writer.WriteStringValue(value.Name);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString(Name, value.Name);
        foreach (var (name, option) in value.Options)
        {
            writer.WritePropertyName(name);
            option.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
