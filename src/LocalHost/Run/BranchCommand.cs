using System.CommandLine;
using System.Text.Json;
using FlDurable.Api;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Remote;
using FlDurable.LocalHost.State;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

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
        var server = new ServerOptions(command);
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (parent, id) = (name.Get(parsed), parsed.GetValue(newId));
            if (id is not null && !ArtifactNames.IsId(id))
                throw new UsageException($"--new-id: expected {ArtifactNames.IdRule}, got '{Excerpt.Printable(id)}'");
            if (id == parent)
                throw new UsageException($"--new-id: expected another name than '{parent}', the federation to branch from");
            var from = parsed.GetValue(round) ?? throw new UsageException("branch: expected --round, the round to branch from");
            if (server.Find(parsed) is { } address)
            {
                using var client = new FederationServerClient(address, terminal.Note);
                var run = new ServerRun(terminal, client, options.JsonOfServer(parsed));
                return await run.WatchStartedAsync(await BranchAtAsync(client, parent, from, fields.Of(parsed, id), cancellationToken), cancellationToken);
            }

            var state = parsed.StateFolder();
            var last = (await new StateReader(state).ReadSpecAsync(parent, cancellationToken)).Spec.Rounds; // before anything is made
            if (from > last)
                throw new UsageException($"--round: federation '{parent}' has rounds 0 to {last}, got {from}");
            var given = fields.Of(parsed, id) with { Initial = ArtifactNames.GlobalParameters(parent, from) };
            var request = options.RequestOf(parsed, state, new SpecSource(file: null, given, new SpecReader(parts.SpecTable)), goesOnWith: null);
            return await new FederationRun(terminal, request, parts).RunAsync(cancellationToken);
        });
        return command;
    }

    /// <summary>Sends what is given. An option of a strategy that is not named is one of the parent's.</summary>
    private static async Task<FederationSummary> BranchAtAsync(FederationServerClient server, string parent, int round, GivenFields given, CancellationToken cancellationToken)
    {
        var spec = (await server.GetAsync(parent, rounds: 0, cancellationToken)).Spec ?? throw new UsageException($"id: federation '{parent}' is being purged");
        var fields = given.Over(FieldValue.AllIn(JsonSerializer.SerializeToElement(spec, ContractJson.Options))).Where(value => given.Has(value.Field));
        return await server.BranchAsync(parent, round, [.. fields], cancellationToken);
    }
}
