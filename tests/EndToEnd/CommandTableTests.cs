using System.Text.RegularExpressions;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>docs/commands.md names for each cell of its table the test that holds it.</summary>
public sealed partial class CommandTableTests
{
    [Fact]
    public async Task Every_test_that_the_table_names_is_there()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "commands.md"), TestContext.Current.CancellationToken);
        var named = Name().Matches(page).Select(match => (Class: match.Groups["class"] is { Success: true } given ? given.Value : nameof(CommandEndTests), Test: match.Groups["test"].Value)).ToList();
        var there = new[] { typeof(CommandEndTests), typeof(InterruptionTests) }
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0).Select(method => (type.Name, method.Name)))
            .ToList();

        Assert.True(named.Count >= 12, page);
        Assert.Empty(named.Except(there));
    }

    [Fact]
    public async Task Every_command_is_on_the_page()
    {
        using var folders = new TestFolders();
        var help = (await folders.RunAsync("--help")).Output;
        var commands = Command().Matches(help[help.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(match => match.Groups["name"].Value).ToList();
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "commands.md"), TestContext.Current.CancellationToken);

        Assert.True(commands.Count > 15, help);
        Assert.All(commands, command => Assert.Matches($"`{command}[ `]", page));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlDurable.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"^  (?<name>[a-z][a-z-]*)", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"`((?<class>\w+)\.)?(?<test>[A-Z][a-z]*_\w+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex Name();
}
