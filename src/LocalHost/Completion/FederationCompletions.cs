using System.CommandLine;
using System.CommandLine.Completions;
using FlDurable.EmbeddedEngine;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Completion;

/// <summary>The federations of the state folder as what a shell completes where a command takes one.</summary>
internal static class FederationCompletions
{
    private const int Most = 1_000;

    /// <summary>Adds them to every command below.</summary>
    public static void AddTo(Command root)
    {
        foreach (var command in root.Subcommands)
        {
            foreach (var argument in command.Arguments.Where(argument => argument.Name == FederationName.ArgumentName))
                argument.CompletionSources.Add(Find);
            foreach (var option in command.Options.Where(option => option.Name == FederationName.OptionName))
                option.CompletionSources.Add(Find);
        }
    }

    private static IEnumerable<CompletionItem> Find(CompletionContext context)
    {
        try
        {
            var state = context.ParseResult.StateFolder();
            using var instances = state.Hub is null ? InstanceReader.Open(state.Path) : null;
            return [.. (instances?.List(new OrchestrationQuery(OrchestratorName: Orchestrations.Federation.Name, PageSize: Most)).Instances ?? []).Select(instance => new CompletionItem(instance.InstanceId))];
        }
        catch (Exception exception) when (exception is UsageException or StateFolderException or ArtifactStoreException or IOException or UnauthorizedAccessException)
        {
            return []; // nobody reads errors of a completion
        }
    }
}
