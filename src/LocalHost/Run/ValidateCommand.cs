using System.CommandLine;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.State;
using FlDurable.Orchestrator;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Run;

/// <summary><c>validate</c>: whether a spec could be run here, by the checks of <c>run</c> and of HTTP's start, and nothing is begun.</summary>
internal static class ValidateCommand
{
    private const string DataField = "data";

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var file = new Argument<string?>("SPEC.json") { Arity = ArgumentArity.ZeroOrOne, Description = "The spec, whose fields options override." };
        var reads = new Option<bool>("--read-data") { Description = "Read the data too, as run does before it begins, and download it if need be." };
        var command = new Command("validate", "Say whether a spec can be run here, or which of its fields are wrong; nothing is begun.") { file, reads };
        var fields = new SpecOptions(parts.SpecTable.Fields);
        foreach (var option in fields.Symbols)
            command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file) ?? throw new UsageException("validate: expected a spec, such as federation.jsonc (fldurable init writes one)");
            var (state, readsData) = (parsed.StateFolder(), parsed.GetValue(reads));
            await using var services = Compose(terminal, state, parts, parsed.Logs());
            var resolved = await CheckAsync(
                services, state, new SpecSource(path, fields.Of(parsed), new SpecReader(parts.SpecTable)), readsData, new DatasetProgressNotes(terminal), cancellationToken);
            var spec = resolved.Spec;
            terminal.Output.WriteLine(
                $"{path} can be run: {Figures.Count(spec.Clients, "client")}, {Figures.Count(spec.Rounds, "round")}, network {spec.Network}, engine {resolved.Engine}, seed {spec.Seed}");
            if (!readsData && spec.Sites().Count == 0)
                terminal.Output.WriteLine("its data was not read: --read-data does that too");
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<ResolvedSpec> CheckAsync(
        ServiceProvider services, StateFolder state, SpecSource source, bool readsData, DatasetProgressNotes notes, CancellationToken cancellationToken)
    {
        var reader = new StateReader(state);
        var checkedSpec = await source.ReadAsync(id => reader.FindSpecAsync(id, cancellationToken), cancellationToken);
        var spec = checkedSpec.Spec;
        var isKept = await reader.HasAsync(ArtifactNames.Record(spec.Id!, round: 0), cancellationToken);
        var initial = await InitialParameters.ReadAsync(spec, isKept, services.GetRequiredService<IArtifactStore>, cancellationToken);
        try
        {
            if (spec.Data is { } data && spec.Sites().Count == 0 && services.GetRequiredService<DatasetNames>().FileOf(data) is { } path && !Path.Exists(path))
                throw new InvalidSpecException([new SpecError(DataField, $"there is no file or folder '{path}'")]);
            return await services.GetRequiredService<FederationLauncher>().CheckAsync(checkedSpec, initial, readsData, notes, cancellationToken);
        }
        catch (DatasetException exception)
        {
            throw new InvalidSpecException([new SpecError(DataField, exception.Message)]);
        }
    }

    private static ServiceProvider Compose(Terminal terminal, StateFolder state, HostParts parts, LogSettings logs) => new ServiceCollection()
        .AddTerminalLogs(terminal, logs)
        .AddLocalHost(state, parts)
        .AddFederations(HostNotifications.Read())
        .AddFederationEngine(state, hub: null, new EmbeddedEngineOptions { StateFolder = state.Path, TakesUp = _ => false }) // which is never started
        .BuildServiceProvider();
}
