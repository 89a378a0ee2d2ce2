using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Json;

namespace FlDurable.DurableTask.Adapters;

/// <summary>
/// Messages as Durable Task gets them: JSON that the contracts have written and will read. A host's own serializer, whatever its options,
/// then carries them and changes nothing.
/// </summary>
internal static class Messages
{
    /// <summary>What comes of an activity that nobody waits for; no contract is written so.</summary>
    public const string Nothing = "null";

    /// <summary>Writes a message.</summary>
    /// <exception cref="MessageTooLargeException">It is over the limit.</exception>
    public static JsonElement Write<T>(string what, T message) => JsonElement.Parse(MessageLimit.Serialize(what, message));

    /// <summary>Reads a message.</summary>
    /// <exception cref="JsonException">It is not of the shape of <typeparamref name="T"/>.</exception>
    public static T Read<T>(JsonElement message) => ContractJson.Deserialize<T>(Text(message));

    /// <summary>A message's JSON.</summary>
    public static string Text(JsonElement message) => message.ValueKind == JsonValueKind.Undefined ? Nothing : message.GetRawText();
}
