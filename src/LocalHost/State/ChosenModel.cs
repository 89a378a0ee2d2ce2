using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Remote;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.State;

/// <summary>The options by which a command takes one of a federation's models: the final one unless they say another.</summary>
internal sealed class ChosenModel
{
    private readonly Option<int?> round = WholeNumberOption.Create("--round", "The parameters after round N; 0 has the initial ones. Default: the final model.", 0, 1_000_000);
    private readonly Option<bool> best = new("--best") { Description = "The parameters of the best round so far, by the spec's keepBest." };

    /// <summary>Adds them to a command.</summary>
    public ChosenModel(Command command)
    {
        command.Add(round);
        command.Add(best);
    }

    /// <summary>Reads what they choose.</summary>
    /// <returns>Parameters as safetensors.</returns>
    /// <exception cref="UsageException">There is no such model.</exception>
    public Task<byte[]> ReadAsync(ParseResult parsed, StateReader state, ResolvedSpec spec, CancellationToken cancellationToken) =>
        ReadAsync(state, spec, parsed.GetValue(round), parsed.GetValue(best), cancellationToken);

    /// <summary>Reads what they choose at a server.</summary>
    /// <returns>Parameters as safetensors.</returns>
    /// <exception cref="UsageException">There is no such model.</exception>
    public async Task<byte[]> ReadAsync(ParseResult parsed, FederationServerClient server, string id, CancellationToken cancellationToken)
    {
        var (number, isBest) = (parsed.GetValue(round), parsed.GetValue(best));
        if (isBest && number is not null)
            throw OneOfBoth();
        if (isBest)
            number = (await server.GetAsync(id, rounds: 0, cancellationToken)).Best?.Round ?? throw new UsageException($"--best: federation '{id}' {server.Place} has none: it was started without keepBest, or has measured nothing yet");
        return await server.GetModelAsync(id, number, cancellationToken);
    }

    private static UsageException OneOfBoth() => new("--best: the best round is a round of its own; expected no --round with it");

    private static async Task<byte[]> ReadAsync(
        StateReader state, ResolvedSpec resolved, int? round, bool isBest, CancellationToken cancellationToken)
    {
        var (id, spec) = (resolved.Id, resolved.Spec);
        if (isBest && round is not null)
            throw OneOfBoth();
        if (isBest)
            round = await FindBestAsync(state, resolved, cancellationToken);
        if (round > spec.Rounds)
            throw new UsageException($"--round: federation '{id}' has rounds 0 to {spec.Rounds}, got {round}");
        if (round is { } number)
        {
            return await state.FindParametersAsync(id, number, cancellationToken)
                ?? throw new UsageException(await state.IsRecordedAsync(id, number, cancellationToken)
                    ? $"--round: federation '{id}' has no parameters of round {number} any more: expected a round that its retention, {spec.Retention}, keeps"
                    : $"--round: federation '{id}' has no parameters of round {number}: expected a round that is over");
        }

        return await state.FindModelAsync(id, cancellationToken) ?? throw await HasNoModelAsync(state, id, cancellationToken);
    }

    private static async Task<int> FindBestAsync(StateReader state, ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Spec.KeepBest is not { } metric)
            throw new UsageException($"--best: federation '{spec.Id}' was started without keepBest, the measure by which a round is the best; --round N takes the parameters after a round");
        return (await state.FindBestAsync(spec, cancellationToken))?.Round
            ?? throw new UsageException($"--best: federation '{spec.Id}' has measured no {metric} yet");
    }

    private static async Task<UsageException> HasNoModelAsync(StateReader state, string id, CancellationToken cancellationToken)
    {
        var result = await state.FindResultAsync(id, cancellationToken);
        return new UsageException(result is { Status: FederationStatus.Failed, Rounds: [.., { Round: var last }] }
            ? $"id: federation '{id}' failed and has no final model; --round {last} takes the parameters {(last == 0 ? "that it began with" : "after its last round")}"
            : $"id: federation '{id}' has no final model: it is not over, failed or was terminated; --round N takes the parameters after a round");
    }
}
