using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.CommandLine;

/// <summary>The table of a spec's fields in docs/federation.md.</summary>
public sealed partial class SpecDocsTests
{
    [Fact]
    public void The_docs_table_is_that_of_the_fields()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "federation.md")).ReplaceLineEndings("\n");
        var table = string.Join('\n', new HostParts().SpecTable.Fields.SelectMany(Rows).Prepend("|---|---|---|---|").Prepend("| Field | Values | Default | |"));

        Assert.True(page.Contains(table, StringComparison.Ordinal), $"docs/federation.md: expected this table:\n{table}");
    }

    private static IEnumerable<string> Rows(SpecField field) =>
        from row in OptionsOf(field).Prepend((Name: $"`{field.Name}`", Field: field))
        let otherwise = row.Field.DefaultMeaning ?? $"`{Text(row.Field.DefaultValue!)}`"
        select $"| {row.Name} | {row.Field.Values ?? row.Field.Kind} | {otherwise} | {Links().Replace(row.Field.Meaning, "[$1]($1)")} |";

    private static IEnumerable<(string Name, SpecField Field)> OptionsOf(SpecField field) =>
        from alternative in (field as ChoiceField)?.Alternatives ?? []
        from option in alternative.Options
        select ($"`{option.Name}` of {field.Name} `{alternative.Name}`", option);

    private static string Text(object value) => JsonSerializer.Serialize(value, ContractJson.Options).Trim('"');

    [GeneratedRegex(@"docs/([\w-]+\.md)")]
    private static partial Regex Links();

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlDurable.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("FlDurable.sln is in no folder above the tests");
        return folder.FullName;
    }
}
