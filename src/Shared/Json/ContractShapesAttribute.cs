using System.Reflection;
using System.Text.Json.Serialization;

namespace FlDurable.Shared.Json;

/// <summary>
/// Names shapes that were generated when this was built, for <see cref="ContractJson"/> to use: they are of contracts, which lie above it, so
/// that it can't name them itself.
/// </summary>
/// <param name="context">A <see cref="JsonSerializerContext"/> that can be made of nothing.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class ContractShapesAttribute(Type context) : Attribute
{
    /// <summary>The shapes that this assembly has.</summary>
    public static IEnumerable<JsonSerializerContext> Given => typeof(ContractJson).Assembly.GetCustomAttributes<ContractShapesAttribute>()
        .Select(attribute => (JsonSerializerContext)Activator.CreateInstance(attribute.Context)!);

    /// <summary>The type of the generated context.</summary>
    public Type Context => context;
}
