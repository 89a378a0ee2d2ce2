using System.CommandLine;
using System.Globalization;
using FlDurable.Api.Sites;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using Spectre.Console;

namespace FlDurable.LocalHost.Sites;

/// <summary><c>sites</c>: the organisations whose workers may take work of a state folder's federations. They can be changed while a server runs.</summary>
internal static class SitesCommand
{
    public static Command Create(Terminal terminal) => new("sites", "The organisations whose workers train on data of their own (docs/sites.md).")
    {
        Add(terminal), List(terminal), Revoke(terminal),
    };

    private static Command Add(Terminal terminal)
    {
        var name = Name();
        var command = new Command("add", "Make a key for a site, which is added if it is new; the key is shown this once. A site may have two, to change over.") { name };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _) =>
        {
            var site = parsed.GetValue(name)!;
            if (!ArtifactNames.IsId(site))
                throw new UsageException($"the site's name: expected {ArtifactNames.IdRule}, got '{Printable.Line(site)}'");
            var key = await registry.AddKeyAsync(site, cancellationToken)
                ?? throw new UsageException($"site {site} has {ISiteRegistry.MostKeys} keys already: fldurable sites revoke {site} --old takes the older one away");
            terminal.Output.WriteLine(key);
            terminal.Note($"this is the key of site {site}, shown this once: it goes into a file that only the worker can read, for fldurable work --key-file");
        }));
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List the sites: which of them ask for work, and what they have.") { json };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, time) =>
        {
            var sites = (await registry.ListAsync(cancellationToken)).Select(entry => SiteView.Of(entry, time.GetUtcNow())).ToList();
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(sites));
            else if (sites.Count == 0)
                terminal.Output.WriteLine("no sites; fldurable sites add NAME makes a key for one");
            else
                Write(terminal, sites);
        }));
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = Name();
        var old = new Option<bool>("--old") { Description = "Only the older of its two keys." };
        var command = new Command("revoke", "Take a site's keys away: its workers end, and nothing that they had under way counts.") { name, old };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _) =>
        {
            var site = parsed.GetValue(name)!;
            var revoked = await registry.RevokeAsync(site, sparesNewest: parsed.GetValue(old), cancellationToken)
                ?? throw new UsageException($"there is no site '{Printable.Line(site)}'; fldurable sites list shows those that there are");
            terminal.Output.WriteLine($"{Figures.Count(revoked, "key")} of site {site} revoked");
        }));
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "The site." };

    private static async Task<int> WithAsync(ParseResult parsed, Func<ISiteRegistry, TimeProvider, Task> act)
    {
        var state = parsed.StateFolder();
        if (state.Hub is not null)
            throw new UsageException("--hub: sites are of a state folder's own engine");
        using var database = WorkDatabase.Open(state.Path);
        await act(new SqliteSiteRegistry(database, TimeProvider.System), TimeProvider.System);
        return ExitCode.Done;
    }

    private static void Write(Terminal terminal, IReadOnlyList<SiteView> sites)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("site").NoWrap()).AddColumn("status").AddColumn("last asked (UTC)");
        foreach (var heading in (string[])["train", "validate", "images"])
            table.AddColumn(new TableColumn(heading).RightAligned());
        table.AddColumn("build");
        foreach (var site in sites)
        {
            table.AddRow(
                site.Name,
                site.Status,
                site.LastAsked?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                site.TrainExamples is { } train ? Figures.Count(train) : "",
                site.ValidationExamples is { } validate ? Figures.Count(validate) : "",
                site.Shape?.ToString() ?? "",
                Markup.Escape(site.Build ?? ""));
        }

        terminal.OutputConsole.Write(table);
    }
}
