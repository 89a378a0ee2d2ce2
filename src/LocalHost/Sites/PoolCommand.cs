using System.CommandLine;
using System.Globalization;
using FlDurable.Api.Sites;
using FlDurable.LocalHost.Display;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Json;
using Spectre.Console;

namespace FlDurable.LocalHost.Sites;

/// <summary><c>pool</c>: who may do work of a state folder's federations that are placed in the pool. It can be changed while a server runs.</summary>
internal static class PoolCommand
{
    private static readonly WorkerKeyCommands<IPoolRegistry> Keys = new("pool", "", "fldurable work --pool --key-file", (database, time) => new SqlitePoolRegistry(database, time));

    public static Command Create(Terminal terminal) => new("pool", "The workers without data that do what a server offers (docs/worker-pool.md).")
    {
        Keys.Add(terminal, "Make a key for workers of the pool; it is shown this once. A name may have two, to change over."),
        List(terminal),
        Keys.Revoke(terminal, "Take keys away: the workers that have them end, and nothing that they had under way counts."),
    };

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List who has keys of the pool, and how many workers ask for work.") { json };
        command.SetAction((parsed, cancellationToken) => Keys.WithAsync(parsed, async (registry, board, time) =>
        {
            var pool = (await registry.ListAsync(cancellationToken)).Select(entry => PoolView.Of(entry, time.GetUtcNow())).ToList();
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(pool));
            else if (pool.Count == 0)
                terminal.Output.WriteLine("no keys; fldurable pool add NAME makes one");
            else
                Write(terminal, pool, PoolView.Describe(await board.ListRefusedAsync(cancellationToken), WorkOffer.Pool) ?? []);
        }));
        return command;
    }

    private static void Write(Terminal terminal, IReadOnlyList<PoolView> pool, IReadOnlyList<string> waiting)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("name").NoWrap()).AddColumn("status").AddColumn("last asked (UTC)");
        table.AddColumn(new TableColumn("workers").RightAligned()).AddColumn("build");
        foreach (var entry in pool)
        {
            table.AddRow(
                entry.Name,
                entry.Status,
                entry.LastAsked?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                Figures.Count(entry.Asking),
                Markup.Escape(string.Join(", ", entry.Builds)));
        }

        terminal.OutputConsole.Write(table);
        foreach (var work in waiting)
            terminal.Output.WriteLine(Printable.Line(work));
    }
}
