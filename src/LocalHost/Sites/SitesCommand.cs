using System.CommandLine;
using System.Globalization;
using FlDurable.Api.Sites;
using FlDurable.LocalHost.Display;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using Spectre.Console;

namespace FlDurable.LocalHost.Sites;

/// <summary><c>sites</c>: the organisations whose workers may take work of a state folder's federations. They can be changed while a server runs.</summary>
internal static class SitesCommand
{
    private static readonly WorkerKeyCommands<ISiteRegistry> Keys = new("sites", "site ", "fldurable work --key-file", (database, time) => new SqliteSiteRegistry(database, time));

    public static Command Create(Terminal terminal) => new("sites", "The organisations whose workers train on data of their own (docs/sites.md).")
    {
        Keys.Add(terminal, "Make a key for a site, which is added if it is new; the key is shown this once. A site may have two, to change over."),
        List(terminal),
        Keys.Revoke(terminal, "Take a site's keys away: its workers end, and nothing that they had under way counts."),
    };

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List the sites: which of them ask for work, and what they have.") { json };
        command.SetAction((parsed, cancellationToken) => Keys.WithAsync(parsed, async (registry, board, time) =>
        {
            var refused = await board.ListRefusedAsync(cancellationToken);
            var sites = (await registry.ListAsync(cancellationToken)).Select(entry => SiteView.Of(entry, refused, time.GetUtcNow())).ToList();
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(sites));
            else if (sites.Count == 0)
                terminal.Output.WriteLine("no sites; fldurable sites add NAME makes a key for one");
            else
                Write(terminal, sites);
        }));
        return command;
    }

    private static void Write(Terminal terminal, IReadOnlyList<SiteView> sites)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("site").NoWrap()).AddColumn("status").AddColumn("last asked (UTC)");
        foreach (var heading in (string[])["train", "validate", "left out", "images"])
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
                site.LeftOut is { } leftOut ? Figures.Count(leftOut) : "",
                site.Shape?.ToString() ?? "",
                Markup.Escape(site.Build ?? ""));
        }

        terminal.OutputConsole.Write(table);
        foreach (var waiting in sites.SelectMany(site => site.Waiting ?? []))
            terminal.Output.WriteLine(Printable.Line(waiting));
    }
}
