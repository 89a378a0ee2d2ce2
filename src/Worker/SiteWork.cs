using System.Security.Cryptography;
using System.Text;
using FlDurable.ClientActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Worker;

/// <summary>
/// Does a piece of work with the activity that a host would do it with, on artifacts of its own: so a federation at sites has the bits of the one
/// on a single machine, and what was finished before a crash is found, not done again.
/// </summary>
/// <param name="services">The activities and what they need.</param>
/// <param name="store">The artifacts, and the site's data.</param>
/// <param name="engine">The only engine that is used; null for any.</param>
internal sealed class SiteWork(IServiceProvider services, SiteStore store, string? engine)
{
    /// <summary>How many batches were trained on so far.</summary>
    public BatchCount Count { get; } = services.GetRequiredService<BatchCount>();

    /// <summary>What it can be done with.</summary>
    public IEnumerable<ITrainingEngine> Engines { get; } = services.GetServices<ITrainingEngine>();

    /// <summary>What the host is told of it.</summary>
    public WorkerCapabilities Can { get; } = WorkerSkills.Of(services, engine);

    /// <summary>How long the parameters of an order must be.</summary>
    /// <exception cref="WorkDeclinedException">The worker can't do the work, or the order is none.</exception>
    public long LengthOfParameters(WorkOrder order)
    {
        if (!ArtifactNames.IsId(order.Spec.Id) || order.Spec.Spec.Id != order.Spec.Id || !ArtifactNames.IsId(order.Client.Client) || order.Spec.Dataset is null || order.Round < 1 || order.Attempt < 1)
            throw new WorkDeclinedException(WorkFailures.Broken);
        if ((engine is not null && order.Spec.Engine != engine) || !services.GetRequiredService<TrainingEngines>().Names.Contains(order.Spec.Engine, StringComparer.Ordinal))
            throw new WorkDeclinedException(WorkFailures.NoEngine);
        try
        {
            Safetensors.CheckLength<float>(order.Global.Length, services.GetRequiredService<NetworkRegistry>().Get(order.Spec).Layout);
            return order.Global.Length;
        }
        catch (Exception exception) when (exception is SafetensorsException or KeyNotFoundException or Shared.Failures.NotRegisteredException or InvalidSpecException)
        {
            throw new WorkDeclinedException(WorkFailures.Unfit, innerException: exception);
        }
    }

    /// <summary>
    /// What an order asks for, as a SHA-256: the spec, the client's data, the plan and the parameters. The same again has the same answer, whatever the attempt.
    /// </summary>
    /// <param name="order">The order.</param>
    /// <param name="privacy">What every update gets before it leaves.</param>
    public static string DigestOf(WorkOrder order, PrivacyOptions? privacy)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(ContractJson.SerializeToUtf8(SpecOf(order, privacy)));
        digest.AppendData(ContractJson.SerializeToUtf8(SelectionOf(order)));
        digest.AppendData(Encoding.UTF8.GetBytes(order.Global.Sha256));
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    /// <summary>Whether the parameters are what an order names.</summary>
    public static bool Matches(WorkOrder order, ReadOnlySpan<byte> parameters) => Convert.ToHexStringLower(SHA256.HashData(parameters)) == order.Global.Sha256;

    /// <summary>Does the work, unless its result is there.</summary>
    /// <param name="order">The work, with the numbers of examples that the site has.</param>
    /// <param name="digest">What was asked for (<see cref="DigestOf"/>).</param>
    /// <param name="parameters">The global parameters.</param>
    /// <param name="privacy">What every update gets before it leaves; null for what the federation has the server do.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>What came of it, with the update if it has one.</returns>
    public async Task<(ClientOutcome Outcome, byte[]? Update)> RunAsync(
        WorkOrder order, string digest, byte[] parameters, PrivacyOptions? privacy, CancellationToken cancellationToken)
    {
        var id = order.Spec.Id;
        var spec = SpecOf(order, privacy);
        store.Begin(digest);
        if (spec.Spec.Privacy is { IsAtServer: false })
            await store.MakePrivacyKeyAsync(id, cancellationToken);
        var input = new CohortInput(
            await PutAsync(id, order.Round, "spec", "json", ContractJson.SerializeToUtf8(spec), cancellationToken), order.Round, order.Attempt,
            await PutAsync(id, order.Round, $"{order.Phase.Name}_selection", "json", ContractJson.SerializeToUtf8(SelectionOf(order)), cancellationToken),
            await PutAsync(id, order.Round, "global", "safetensors", parameters, cancellationToken), First: 0, Count: 1);
        var activity = services.GetServices<ActivityRegistration>().Single(one => one.Name == order.Phase.Activity);
        var result = ContractJson.Deserialize<PartResult>(await activity.RunAsync(services, ContractJson.Serialize(input), cancellationToken));
        var outcome = (await store.ReadJsonAsync<PartOutcomes>(result.Manifest, cancellationToken)).Clients[0];
        return (outcome, outcome.Update is { } update ? await store.ReadAsync(update, cancellationToken) : null);
    }

    /// <summary>Deletes what work needed and what came of it.</summary>
    public void Forget() => store.Forget();

    private static ResolvedSpec SpecOf(WorkOrder order, PrivacyOptions? privacy) =>
        order.Spec with { Spec = order.Spec.Spec with { Privacy = privacy ?? order.Spec.Spec.Privacy, Attack = FederationSpec.NoAttack }, Seal = null };

    private static Selection SelectionOf(WorkOrder order) => order.Phase.HasUpdates
        ? new Selection(order.Round, [order.Client], [], Plan: order.Plan)
        : new Selection(order.Round, [], [order.Client]);

    // By its content: another attempt, or another release of the host, may give another under the same name.
    private Task<ArtifactReference> PutAsync(string id, int round, string what, string kind, byte[] content, CancellationToken cancellationToken) => store.PutAsync(
        $"{Folder(id, round)}{what}_{Convert.ToHexStringLower(SHA256.HashData(content))}.{kind}", content, cancellationToken);

    private static string Folder(string id, int round) => FormattableString.Invariant($"federations/{id}/rounds/{round:D6}/");
}
