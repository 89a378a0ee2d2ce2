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

/// <summary><c>pool</c>: who may do work of a state folder's federations that are placed in the pool. It can be changed while a server runs.</summary>
internal static class PoolCommand
{
    public static Command Create(Terminal terminal) => new("pool", "The workers without data that do what a server offers (docs/worker-pool.md).")
    {
        Add(terminal), List(terminal), Revoke(terminal),
    };

    private static Command Add(Terminal terminal)
    {
        var name = Name();
        var command = new Command("add", "Make a key for workers of the pool; it is shown this once. A name may have two, to change over.") { name };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _) =>
        {
            var who = parsed.GetValue(name)!;
            if (!ArtifactNames.IsId(who))
                throw new UsageException($"the name: expected {ArtifactNames.IdRule}, got '{Printable.Line(who)}'");
            var key = await registry.AddKeyAsync(who, cancellationToken)
                ?? throw new UsageException($"{who} has {IPoolRegistry.MostKeys} keys already: fldurable pool revoke {who} --old takes the older one away");
            terminal.Output.WriteLine(key);
            terminal.Note($"this is the key of {who}, shown this once: it goes into a file that only its workers can read, for fldurable work --pool --key-file");
        }));
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("list", "List who has keys of the pool, and how many workers ask for work.") { json };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, time) =>
        {
            var pool = (await registry.ListAsync(cancellationToken)).Select(entry => PoolView.Of(entry, time.GetUtcNow())).ToList();
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(pool));
            else if (pool.Count == 0)
                terminal.Output.WriteLine("no keys; fldurable pool add NAME makes one");
            else
                Write(terminal, pool);
        }));
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = Name();
        var old = new Option<bool>("--old") { Description = "Only the older of its two keys." };
        var command = new Command("revoke", "Take keys away: the workers that have them end, and nothing that they had under way counts.") { name, old };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _) =>
        {
            var who = parsed.GetValue(name)!;
            var revoked = await registry.RevokeAsync(who, sparesNewest: parsed.GetValue(old), cancellationToken)
                ?? throw new UsageException($"nobody of the pool is named '{Printable.Line(who)}'; fldurable pool list shows who there is");
            terminal.Output.WriteLine($"{Figures.Count(revoked, "key")} of {who} revoked");
        }));
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = "Some workers that share a key, such as those of one cluster." };

    private static async Task<int> WithAsync(ParseResult parsed, Func<IPoolRegistry, TimeProvider, Task> act)
    {
        var state = parsed.StateFolder();
        if (state.Hub is not null)
            throw new UsageException("--hub: the pool is of a state folder's own engine");
        using var database = WorkDatabase.Open(state.Path);
        await act(new SqlitePoolRegistry(database, TimeProvider.System), TimeProvider.System);
        return ExitCode.Done;
    }

    private static void Write(Terminal terminal, IReadOnlyList<PoolView> pool)
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
    }
}
