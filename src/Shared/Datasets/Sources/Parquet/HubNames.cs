using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>
/// The names of classes by column, as Hugging Face's <c>datasets</c> write them: into a file's own metadata, or at the beginning of the data
/// set's page.
/// </summary>
internal static class HubNames
{
    /// <summary>Under which key a Parquet file's metadata has them.</summary>
    public const string MetadataKey = "huggingface";

    private const int MaxPageLength = 1 << 20;
    private const int MaxDepth = 16;
    private const int MaxNodes = 20_000;

    /// <summary>Those of a file's metadata: <c>{"info": {"features": {COLUMN: {"names": […], "_type": "ClassLabel"}}}}</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> OfMetadata(string? json)
    {
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (json is null)
            return names;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (!document.RootElement.TryGetProperty("info", out var info) || !info.TryGetProperty("features", out var features) || features.ValueKind != JsonValueKind.Object)
                return names;
            foreach (var feature in features.EnumerateObject())
            {
                if (feature.Value.ValueKind == JsonValueKind.Object && feature.Value.TryGetProperty("names", out var list)
                    && list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String))
                {
                    names[feature.Name] = [.. list.EnumerateArray().Select(name => name.GetString()!)];
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            names.Clear(); // what another program wrote there is no reason not to read the images
        }

        return names;
    }

    /// <summary>Those of a page: YAML between two lines <c>---</c>, <c>dataset_info: {features: [{name: COLUMN, dtype: {class_label: {names: …}}}]}</c>.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> OfPage(ReadOnlySpan<byte> page)
    {
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var text = Encoding.UTF8.GetString(page[..Math.Min(page.Length, MaxPageLength)]).ReplaceLineEndings("\n");
        var end = text.StartsWith("---\n", StringComparison.Ordinal) ? text.IndexOf("\n---", 4, StringComparison.Ordinal) : -1;
        if (end < 0)
            return names;
        try
        {
            var parser = new Parser(new StringReader(text[4..end]));
            parser.Consume<StreamStart>();
            parser.Consume<DocumentStart>();
            var nodes = 0;
            if (Read(parser, 0, ref nodes) is Dictionary<string, object?> root && root.GetValueOrDefault("dataset_info") is { } info)
                Collect((info as List<object?>)?.FirstOrDefault() ?? info, names);
        }
        catch (Exception exception) when (exception is YamlException or InvalidDataException)
        {
            names.Clear(); // a page is for people; classes have their numbers then
        }

        return names;
    }

    private static void Collect(object? info, Dictionary<string, IReadOnlyList<string>> names)
    {
        if ((info as Dictionary<string, object?>)?.GetValueOrDefault("features") is not List<object?> features)
            return;
        foreach (var feature in features.OfType<Dictionary<string, object?>>())
        {
            if (feature.GetValueOrDefault("name") is not string column || (feature.GetValueOrDefault("dtype") as Dictionary<string, object?>)?.GetValueOrDefault("class_label") is not Dictionary<string, object?> label)
                continue;
            var found = label.GetValueOrDefault("names") switch
            {
                List<object?> list => list,
                Dictionary<string, object?> byNumber => [.. Enumerable.Range(0, byNumber.Count).Select(number => byNumber.GetValueOrDefault(FormattableString.Invariant($"{number}")))],
                _ => null,
            };
            if (found is not null && found.TrueForAll(name => name is string))
                names[column] = [.. found.Cast<string>()];
        }
    }

    /// <summary>A node as a text, a list or a dictionary. No deeper than a page's are, since it is read recursively.</summary>
    private static object? Read(IParser parser, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
            throw new InvalidDataException("more than any page has");
        if (parser.TryConsume<Scalar>(out var scalar))
            return scalar.Value;
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new List<object?>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                list.Add(Read(parser, depth + 1, ref nodes));
            return list;
        }

        parser.Consume<MappingStart>();
        var dictionary = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>().Value;
            dictionary[key] = Read(parser, depth + 1, ref nodes);
        }

        return dictionary;
    }
}
