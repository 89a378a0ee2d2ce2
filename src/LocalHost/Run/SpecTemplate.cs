using System.Text;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Run;

/// <summary>A spec with everything that can be in one: a few fields with their defaults, and all others as comments that say what they are.</summary>
internal static class SpecTemplate
{
    private const int Width = 110;
    private const string Indent = "  ";

    // What most people change first.
    private static readonly string[] Given =
        ["network", "partitioner", "clients", "rounds", "epochs", "batchSize", "optimizer", "learningRate", "strategy", "fractionFit", "seed"];

    // Of fields that are nothing by default.
    private static readonly Dictionary<string, string> Examples = new(StringComparer.Ordinal)
    {
        ["id"] = "\"my-federation\"",
        ["data"] = "\"synthetic:train=2000,test=400\"",
        ["resize"] = "\"32x32\"",
        ["testFraction"] = "0.2",
        ["links"] = "\"within\"",
        ["imageColumn"] = "\"image\"",
        ["labelColumn"] = "\"label\"",
        ["columns"] = "\"age,bmi\"",
        ["missing"] = "\"mean\"",
        ["augmentation"] = "{ \"pad\": 4, \"flip\": true }",
        ["normalization"] = "{ \"mean\": [0.4914, 0.4822, 0.4465], \"std\": [0.247, 0.2435, 0.2616] }",
        ["deadlineSeconds"] = "600",
        ["maxUpdateNorm"] = "10",
        ["privacy"] = "{ \"noiseMultiplier\": 1, \"clip\": 0.5 }",
        ["availability"] = "\"0-7;0,2,4-9\"",
        ["metrics"] = "\"macroF1\"",
        ["keepBest"] = "\"centralAccuracy\"",
        ["stopWhen"] = "{ \"metric\": \"centralAccuracy\", \"patience\": 5 }",
        ["placement"] = "{ \"kind\": \"host\" }",
        ["initial"] = "\"model.safetensors\"",
        ["notify"] = "\"https://example.org/federations\"",
    };

    /// <summary>Writes it.</summary>
    /// <param name="table">The fields that there are.</param>
    /// <param name="schema">The file beside it that has their schema.</param>
    public static string Write(SpecTable table, string schema)
    {
        var usual = JsonSerializer.SerializeToElement(new FederationSpec(), ContractJson.Options);
        var text = new StringBuilder();
        Comment(text, "", "What a federation is asked to be. A field that is left out, or in a comment as most are here, has the value that the comment shows if that is its default.");
        Comment(text, "", "To check this file: fldurable validate FILE. To run it: fldurable run FILE. The same can be sent to POST /api/federations.");
        text.Append("{\n").Append(Indent).Append(Member(SpecDocument.Schema, Quoted($"./{Uri.EscapeDataString(schema)}")));
        foreach (var field in table.Fields)
        {
            text.Append('\n');
            Comment(text, Indent, Meaning(field));
            var value = usual.TryGetProperty(field.Name, out var found) ? found.GetRawText() : Examples.GetValueOrDefault(field.Name) ?? Quoted(field.Placeholder);
            text.Append(Indent).Append(Given.Contains(field.Name) ? "" : "// ").Append(Member(field.Name, value));
        }

        return text.Append("}\n").ToString();
    }

    private static string Meaning(SpecField field)
    {
        var values = field.Values is { } some ? $" Values: {some}." : "";
        var members = field.Members.Count == 0 ? "" : $" An object has: {string.Join(", ", field.Members.Select(member => member.Name))}.";
        var otherwise = field.DefaultMeaning is { } words ? $" Default: {words}." : "";
        return $"{field.Meaning}{values}{members}{Options(field)}{otherwise}";
    }

    private static string Options(SpecField field)
    {
        var options =
            from alternative in (field as ChoiceField)?.Alternatives ?? []
            where alternative.Options.Count > 0
            select $"{alternative.Name} ({string.Join(", ", alternative.Options.Select(option => option.Name))})";
        return string.Join(", ", options) is { Length: > 0 } list ? $" With options, as {{ \"name\": …, … }}: {list}." : "";
    }

    /// <summary>Writes a comment, in lines that fit a screen.</summary>
    private static void Comment(StringBuilder text, string indent, string words)
    {
        var line = new StringBuilder($"{indent}//");
        foreach (var word in words.Split(' '))
        {
            if (line.Length + 1 + word.Length > Width)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(indent).Append("//");
            }

            line.Append(' ').Append(word);
        }

        text.Append(line).Append('\n');
    }

    private static string Member(string name, string value) => $"{Quoted(name)}: {value},\n";

    private static string Quoted(string text) => JsonSerializer.Serialize(text, ContractJson.Options);
}
