using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Sites;

/// <summary>What <c>sites</c> and <c>pool</c> have in common: keys that are made and taken away, also while a server runs.</summary>
/// <param name="Command">Of which of the two.</param>
/// <param name="Whose">What stands before a name: <c>site </c>, or nothing.</param>
/// <param name="For">The command that takes the key.</param>
/// <param name="Open">Opens the keys of a state folder.</param>
internal sealed record WorkerKeyCommands<TRegistry>(string Command, string Whose, string For, Func<WorkDatabase, TimeProvider, TRegistry> Open)
    where TRegistry : IWorkerKeys
{
    /// <summary><c>add NAME</c>.</summary>
    public Command Add(Terminal terminal, string description)
    {
        var name = Name();
        var command = new Command("add", description) { name };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _, _) =>
        {
            var who = parsed.GetValue(name)!;
            if (!ArtifactNames.IsId(who))
                throw new UsageException($"the name: expected {ArtifactNames.IdRule}, got '{Printable.Line(who)}'");
            var key = await registry.AddKeyAsync(who, cancellationToken)
                ?? throw new UsageException($"{Whose}{who} has {IWorkerKeys.MostKeys} keys already: fldurable {Command} revoke {who} --old takes the older one away");
            terminal.Output.WriteLine(key);
            terminal.Note($"this is the key of {Whose}{who}, shown this once: it goes into a file that only its workers can read, for {For}");
        }));
        return command;
    }

    /// <summary><c>revoke NAME [--old]</c>.</summary>
    public Command Revoke(Terminal terminal, string description)
    {
        var name = Name();
        var old = new Option<bool>("--old") { Description = "Only the older of its two keys." };
        var command = new Command("revoke", description) { name, old };
        command.SetAction((parsed, cancellationToken) => WithAsync(parsed, async (registry, _, _) =>
        {
            var who = parsed.GetValue(name)!;
            var revoked = await registry.RevokeAsync(who, sparesNewest: parsed.GetValue(old), cancellationToken)
                ?? throw new UsageException($"there is no {Whose}'{Printable.Line(who)}'; fldurable {Command} list shows those that there are");
            terminal.Output.WriteLine($"{Figures.Count(revoked, "key")} of {Whose}{who} revoked");
        }));
        return command;
    }

    /// <summary>Does something with the keys of the state folder that is named.</summary>
    /// <exception cref="UsageException">It is a task hub.</exception>
    public async Task<int> WithAsync(ParseResult parsed, Func<TRegistry, IWorkBoard, TimeProvider, Task> act)
    {
        var state = parsed.StateFolder();
        if (state.Hub is not null)
            throw new UsageException($"--hub: {Command} are of a state folder's own engine");
        using var database = WorkDatabase.Open(state.Path);
        await act(Open(database, TimeProvider.System), new SqliteWorkBoard(database, TimeProvider.System), TimeProvider.System);
        return ExitCode.Done;
    }

    private static Argument<string> Name() => new("NAME") { Description = "Whose key it is: a site, or some workers of the pool that share it, such as those of one cluster." };
}
