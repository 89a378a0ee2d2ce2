using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// What a leaf's hostile clients send in place of what they have trained: for experiments, so that they may know what a real client could not, the
/// updates of the honest clients of their leaf. It is written as an artifact beside the update that it replaces, and from there on is an update
/// like any other.
/// </summary>
internal sealed class LeafAttack
{
    private readonly IArtifactStore store;
    private readonly IAttack attack;
    private readonly FederationSpec spec;
    private readonly AggregateLeafInput input;
    private readonly Dictionary<string, int> hostile;
    private readonly ModelParameters global;
    private readonly HonestChanges others;

    private LeafAttack(
        IArtifactStore store, IAttack attack, FederationSpec spec, AggregateLeafInput input, Dictionary<string, int> hostile, ModelParameters global)
    {
        this.store = store;
        this.attack = attack;
        this.spec = spec;
        this.input = input;
        this.hostile = hostile;
        this.global = global;
        others = new HonestChanges(attack.LooksAtOthers ? global.Layout.Length : 0);
    }

    /// <summary>Whether the honest clients' updates are to be shown to it first.</summary>
    public bool LooksAtOthers => attack.LooksAtOthers;

    /// <summary>A leaf's attack; null where its clients send what they have trained.</summary>
    public static LeafAttack? Find(
        IArtifactStore store, AttackRegistry attacks, FederationSpec spec, AggregateLeafInput input, IReadOnlyList<ClientPartition> selected, ModelParameters global)
    {
        if (attacks.Find(spec) is not { ChangesUpdates: true } attack)
            return null;
        var all = HostileClients.Of(spec).ToHashSet();
        var hostile = selected.Where(client => all.Contains(client.Index)).ToDictionary(client => client.Client, client => client.Index, StringComparer.Ordinal);
        return hostile.Count == 0 ? null : new LeafAttack(store, attack, spec, input, hostile, global);
    }

    public bool IsHostile(ClientOutcome outcome) => hostile.ContainsKey(outcome.Client);

    /// <summary>Shows it what an honest client sends.</summary>
    public void See(ModelParameters update) => others.Add(ChangeOf(update));

    /// <summary>What a hostile client sends; what it has trained, where the attack looks at honest clients and there is none.</summary>
    public async Task<(ClientOutcome Outcome, ModelParameters Update)> ReplaceAsync(
        ClientOutcome outcome, ModelParameters update, CancellationToken cancellationToken)
    {
        if (LooksAtOthers && others.Count == 0)
            return (outcome, update);
        var change = ChangeOf(update);
        attack.Send(change, others, new RandomStream(spec.Seed, RandomPurpose.Attack, input.Round, hostile[outcome.Client]));
        var sent = update.Copy();
        foreach (var slot in global.Layout.Tensors.Where(slot => slot.IsTrained))
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
                sent.Values[index] = (float)(global.Values[index] + change[index]);
        }

        var name = ArtifactNames.AttackedUpdate(spec.Id!, input.Round, input.Attempt, outcome.Client);
        return (outcome with { Update = await store.PutAsync(name, Safetensors.Write(sent), cancellationToken) }, sent);
    }

    private double[] ChangeOf(ModelParameters update)
    {
        var change = new double[global.Layout.Length];
        for (var index = 0; index < change.Length; index++)
            change[index] = (double)update.Values[index] - global.Values[index];
        return change;
    }
}
