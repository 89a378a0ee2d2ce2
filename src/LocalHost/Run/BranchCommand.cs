using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Run;

/// <summary><c>branch</c>: a new federation from a round of another, with that one's spec but for what is given, as HTTP's call of this name starts it.</summary>
internal static class BranchCommand
{
    public static Command Create(Terminal terminal, HostParts parts)
    {
        var round = WholeNumberOption.Create("--round", "The round to branch from; 0 has the initial parameters.", 0, 1_000_000);
        var newId = new Option<string?>("--new-id") { HelpName = "ID", Description = "The branch. Default: a new name." };
        var fields = new SpecOptions(parts.SpecTable.Fields.Where(field => field.Name is not (SpecOptions.IdField or GivenFields.InitialField)));
        var command = new Command("branch", "Run a new federation from a round of another, with its spec but for what is given.") { round, newId };
        var name = new FederationName(command) { Description = "The federation to branch from." };
        var options = new RunOptions(command);
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (parent, id, state) = (name.Get(parsed), parsed.GetValue(newId), parsed.StateFolder());
            if (id is not null && !ArtifactNames.IsId(id))
                throw new UsageException($"--new-id: expected {ArtifactNames.IdRule}, got '{id}'");
            if (id == parent)
                throw new UsageException($"--new-id: expected another name than '{parent}', the federation to branch from");
            var from = parsed.GetValue(round) ?? throw new UsageException("branch: expected --round, the round to branch from");
            var last = (await new StateReader(state).ReadSpecAsync(parent, cancellationToken)).Spec.Rounds; // before anything is made
            if (from > last)
                throw new UsageException($"--round: federation '{parent}' has rounds 0 to {last}, got {from}");
            var given = fields.Of(parsed, id) with { Initial = ArtifactNames.GlobalParameters(parent, from) };
            var request = options.RequestOf(parsed, state, new SpecSource(file: null, given, new SpecReader(parts.SpecTable)), goesOnWith: null);
            return await new FederationRun(terminal, request, parts).RunAsync(cancellationToken);
        });
        return command;
    }
}
