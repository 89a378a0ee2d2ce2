using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Tests.Json;

public sealed class ContractJsonTests
{
    [Theory]
    [InlineData("""{"name":"a","length":1,"sha256":"x","more":1}""")]
    [InlineData("""{"name":"a","length":1}""")]
    [InlineData("""{"name":null,"length":1,"sha256":"x"}""")]
    [InlineData("""{"name":"a","length":"1","sha256":"x"}""")]
    [InlineData("""{"name":"a","length":1,"length":2,"sha256":"x"}""")]
    [InlineData("null")]
    public void What_is_unknown_missing_null_converted_or_double_is_refused(string json) =>
        Assert.Throws<JsonException>(() => ContractJson.Deserialize<ArtifactReference>(json));

    [Fact]
    public void What_may_be_null_may_be_absent()
    {
        var end = new CohortEnd(Manifest: null, "failed");

        Assert.Equal("""{"failure":"failed"}""", ContractJson.Serialize(end));
        Assert.Equal(end, ContractJson.Deserialize<CohortEnd>(ContractJson.Serialize(end)));
    }

    [Fact]
    public void Numbers_that_are_none_are_not_written() =>
        Assert.ThrowsAny<Exception>(() => ContractJson.Serialize(new Metrics(double.NaN, 0)));

    [Fact]
    public void What_follows_from_other_fields_is_not_written() =>
        Assert.Equal("""{"loss":1,"accuracy":0.5}""", ContractJson.Serialize(new Metrics(1, 0.5)));

    [Fact]
    public void Enums_are_words() => Assert.Equal("\"evaluate\"", ContractJson.Serialize(RoundPhase.Evaluate));

    public static TheoryData<Type> Messages => [.. typeof(MessageJson).GetCustomAttributesData()
        .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
        .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void What_is_generated_for_a_message_is_what_reflection_finds(Type message)
    {
        var generated = ContractJson.CreateOptions(new MessageJson());
        var reflected = ContractJson.CreateOptions(new DefaultJsonTypeInfoResolver());

        var (types, queue) = (new HashSet<Type>(), new Queue<Type>([message]));
        while (queue.TryDequeue(out var type))
        {
            if (!types.Add(type))
                continue;
            var (one, other) = (generated.GetTypeInfo(type), reflected.GetTypeInfo(type));
            Assert.Equal(other.Kind, one.Kind);
            Assert.Equal(other.Properties.Select(Describe), one.Properties.Select(Describe));
            AssertNothingIsPreset(type, other);
            foreach (var property in one.Properties)
                queue.Enqueue(property.PropertyType);
            if (one.ElementType is not null)
                queue.Enqueue(one.ElementType);
        }

        static string Describe(JsonPropertyInfo property) => string.Join(
            ' ', property.PropertyType, property.Name, property.IsRequired, property.IsGetNullable, property.IsSetNullable);

        static object? Nothing(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

        // What is generated sets every init property, those that are absent to nothing.
        static void AssertNothingIsPreset(Type type, JsonTypeInfo shape)
        {
            if (shape.Kind != JsonTypeInfoKind.Object)
                return;
            var constructor = type.GetConstructors().OrderBy(one => one.GetParameters().Length).FirstOrDefault();
            var parameters = constructor?.GetParameters() ?? [];
            var fresh = constructor?.Invoke([.. parameters.Select(parameter => Nothing(parameter.ParameterType))]) ?? Nothing(type)!;
            Assert.All(
                shape.Properties.Where(property => property.Get is not null && !parameters.Any(parameter => parameter.Name!.Equals(property.Name, StringComparison.OrdinalIgnoreCase))),
                property => Assert.Equal(Nothing(property.PropertyType), property.Get!(fresh)));
        }
    }
}
