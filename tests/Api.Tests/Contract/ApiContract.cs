using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace FlDurable.Api.Tests.Contract;

/// <summary>What an OpenAPI document says of answers: their status, headers, media and content, and nothing besides.</summary>
internal sealed class ApiContract(JsonObject document)
{
    private const string Components = "#/components/schemas/";

    // What HTTP itself has on an answer of any server.
    private static readonly HashSet<string> Unsaid = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Cache-Control", "Content-Type", "Content-Length", "Content-Disposition", "Transfer-Encoding", "Connection", "Allow", "Content-Encoding",
        "Last-Modified", "Server", "Vary",
    };

    private readonly ConcurrentDictionary<string, JsonSchema> schemas = new(StringComparer.Ordinal);
    private readonly JsonObject definitions = Strict(document["components"]!["schemas"]!).AsObject();

    /// <summary>In what an answer is not as the document has it.</summary>
    public IReadOnlyList<string> FaultsOf(string method, string path, HttpResponseMessage answer, byte[] content)
    {
        var status = (int)answer.StatusCode;
        if (FindOperation(method, path) is not { } operation)
            return status is 404 or 405 or 401 or 403 ? BodyFaults(new JsonObject { ["application/problem+json"] = ProblemContent() }, method, answer, content) : [$"there is no call {method} {path}"];
        if (operation["responses"]![$"{status}"] is not JsonObject response)
            return [$"a status that the call doesn't have: {string.Join(", ", operation["responses"]!.AsObject().Select(one => one.Key))}"];
        return [.. HeaderFaults(response, answer), .. BodyFaults(response["content"]?.AsObject() ?? [], method, answer, content)];
    }

    private static JsonObject ProblemContent() => new() { ["schema"] = new JsonObject { ["$ref"] = $"{Components}Problem" } };

    private JsonNode? FindOperation(string method, string path)
    {
        var asked = path.Split('/');
        var call = document["paths"]!.AsObject()
            .Where(one => one.Key.Split('/') is var parts && parts.Length == asked.Length && parts.Zip(asked).All(pair => pair.First == pair.Second || pair.First.StartsWith('{')))
            .OrderBy(one => one.Key.Count(letter => letter == '{'))
            .FirstOrDefault().Value;
        return call?[method.ToLowerInvariant()] ?? (method == "HEAD" ? call?["get"] : null);
    }

    private IEnumerable<string> HeaderFaults(JsonObject response, HttpResponseMessage answer)
    {
        var said = response["headers"]?.AsObject() ?? [];
        var sent = answer.Headers.Concat(answer.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        foreach (var (name, header) in said)
        {
            if (!sent.TryGetValue(name, out var value))
            {
                if (header!["required"]?.GetValue<bool>() == true)
                    yield return $"no header {name}";
            }
            else if (!SchemaOf(header!["schema"]!).Evaluate(Element(int.TryParse(value, out var number) ? number : value)).IsValid)
            {
                yield return $"header {name}: {value}";
            }
        }

        foreach (var name in sent.Keys.Where(name => !Unsaid.Contains(name) && said.All(header => !header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))))
            yield return $"a header that it doesn't have: {name}";
    }

    private IReadOnlyList<string> BodyFaults(JsonObject said, string method, HttpResponseMessage answer, byte[] content)
    {
        if (method == "HEAD" || (said.Count == 0 && content.Length == 0))
            return [];
        var media = answer.Content.Headers.ContentType?.MediaType ?? "none";
        if (said[media] is not { } expected)
            return [$"content of the media type {media}"];
        if (!media.EndsWith("json", StringComparison.Ordinal))
            return [];
        var result = SchemaOf(expected["schema"]!).Evaluate(JsonSerializer.Deserialize<JsonElement>(content), new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid
            ? []
            : [.. (result.Details ?? []).Where(detail => detail.Errors is { Count: > 0 }).Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}")];
    }

    private JsonSchema SchemaOf(JsonNode schema) => schemas.GetOrAdd(schema.ToJsonString(), text =>
    {
        var whole = Strict(JsonNode.Parse(text)!).AsObject();
        whole["$defs"] = definitions.DeepClone();
        return JsonSchema.FromText(whole.ToJsonString().Replace(Components, "#/$defs/", StringComparison.Ordinal));
    });

    /// <summary>The same schema, which also fails what has more in it than it says.</summary>
    private static JsonNode Strict(JsonNode node)
    {
        var copy = node.DeepClone();
        Close(copy);
        return copy;

        static void Close(JsonNode? node)
        {
            if (node is JsonArray items)
            {
                foreach (var item in items)
                    Close(item);
            }
            else if (node is JsonObject schema)
            {
                foreach (var (_, child) in schema)
                    Close(child);
                if (schema["properties"] is JsonObject && schema["type"] is JsonValue && !schema.ContainsKey("additionalProperties"))
                    schema["additionalProperties"] = false;
            }
        }
    }

    private static JsonElement Element(object value) => JsonSerializer.SerializeToElement(value);
}
