using System.Text.Json;
using Azure.Core.Serialization;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>Messages, written and read by the worker's serializer and carried as the JSON that it made.</summary>
internal sealed class Payloads(ObjectSerializer serializer)
{
    public JsonElement Write(object? value)
    {
        using var document = JsonDocument.Parse(serializer.Serialize(value, value?.GetType() ?? typeof(object), CancellationToken.None).ToMemory());
        return document.RootElement.Clone();
    }

    public T Read<T>(JsonElement json) => (T)Read(json, typeof(T))!;

    public object? Read(JsonElement json, Type type)
    {
        using var stream = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(json));
        return serializer.Deserialize(stream, type, CancellationToken.None);
    }
}
