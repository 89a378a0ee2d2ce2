using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Api;

/// <summary>Takes specs from callers: checks all of them, and lets them name nothing of the host's files.</summary>
internal sealed class SpecIntake(SpecReader reader, FederationApiOptions options, DatasetNames datasets)
{
    private const string InitialField = "initial";

    /// <summary>The spec of a new federation, with an id.</summary>
    /// <param name="utf8Json">The spec.</param>
    /// <param name="id">The id that it has if it names none; null for a new one.</param>
    /// <exception cref="InvalidSpecException">It can't be run; every field that is wrong is named.</exception>
    public StartRequest ReadSpec(ReadOnlySpan<byte> utf8Json, string? id)
    {
        using var body = SpecDocument.Parse(utf8Json);
        var spec = reader.Read(
            FieldValue.AllIn(body.RootElement),
            (spec, errors) =>
            {
                if (spec.Initial is not null)
                    errors.Add(InitialField, "not taken over HTTP; to start from a round's parameters, branch from it");
                CheckData(spec.Data, errors);
                CheckAttack(spec, errors);
            },
            WithoutInitial);
        return new StartRequest(spec.WithId(id), options.ServerFiles);
    }

    /// <summary>The spec of a branch, with an id.</summary>
    /// <param name="utf8Json">The round to branch from, and the fields in which the spec differs.</param>
    /// <param name="parent">The federation to branch from.</param>
    /// <param name="id">The id that it has if it names none; null for a new one.</param>
    /// <exception cref="InvalidSpecException">It can't be run; every field that is wrong is named.</exception>
    public BranchRequest ReadBranch(ReadOnlySpan<byte> utf8Json, ResolvedSpec parent, string? id)
    {
        using var body = SpecDocument.Parse(utf8Json);
        var branch = BranchBody.Of(body.RootElement);
        var round = 0;
        var spec = reader.Read(
            branch.Over(parent),
            (spec, errors) =>
            {
                round = branch.ReadRound(parent.Spec.Rounds, errors);
                if (branch.Has(InitialField))
                    errors.Add(InitialField, "not taken here; a branch starts from the round's parameters");
                if (branch.Has("data"))
                    CheckData(spec.Data, errors);
                CheckAttack(spec, errors);
            },
            fields => WithoutInitial(fields).Prepend(BranchBody.RoundField));

        // Data that follows from the parent may be a file that the parent alone was allowed.
        return new BranchRequest(
            spec.WithId(id).StartingFrom(ArtifactNames.GlobalParameters(parent.Id, round)), branch.Has("data") ? options.ServerFiles : parent.DataFolder, round,
            parent.Spec.Network);
    }

    private void CheckAttack(FederationSpec spec, SpecErrors errors)
    {
        if (spec.IsAttacked() && !options.IsSimulation)
            errors.Add("attack", $"expected {FederationSpec.NoAttack}: hostile clients are for experiments, and this host's federations are no simulations (its operator can say that they are: docs/strategies.md)");
    }

    private static IEnumerable<string> WithoutInitial(IEnumerable<string> fields) => fields.Where(field => field != InitialField);

    private void CheckData(string? data, SpecErrors errors)
    {
        if (string.IsNullOrEmpty(data) || SiteData.NamesIn(data).Count > 0)
            return; // nothing, or what the spec's own check refuses
        try
        {
            if (datasets.FileOf(data) is not { } path)
                return;
            if (options.ServerFiles is null)
                errors.Add("data", "expected cifar10, synthetic, synthetic:train=N,test=N,seed=N or null: this host takes no names of files");
            else if (!LinkFreePath.IsWithin(options.ServerFiles, path))
                errors.Add("data", $"expected a file or folder in '{options.ServerFiles}', the only files that this host takes names of");
        }
        catch (DatasetException exception)
        {
            errors.Add("data", exception.Message);
        }
    }
}

/// <summary>What a federation is asked to be.</summary>
/// <param name="Spec">Its spec, with an id.</param>
/// <param name="DataFolder">Where a file must lie that it names as data; null for anywhere.</param>
internal record StartRequest(CheckedSpec Spec, string? DataFolder);

/// <summary>What a branch is asked to be.</summary>
/// <param name="Spec">Its spec, with an id.</param>
/// <param name="DataFolder">Where a file must lie that it names as data; null for anywhere.</param>
/// <param name="Round">The round of the parent whose parameters it starts from.</param>
/// <param name="ParentNetwork">The parent's network.</param>
internal sealed record BranchRequest(CheckedSpec Spec, string? DataFolder, int Round, NetworkChoice ParentNetwork) : StartRequest(Spec, DataFolder)
{
    /// <summary>What differs from a federation that is there, under the field that the caller sent, who knows of no <c>initial</c>.</summary>
    public static SpecError DifferenceAsSent(SpecError error) => error.Field == "initial" ? error with { Field = "round" } : error;

    /// <summary>What is wrong, under the field that the caller sent.</summary>
    public SpecError AsSent(SpecError error)
    {
        if (error.Field != "initial")
            return error;
        return Spec.Spec.Network == ParentNetwork
            ? error with { Field = "round" }
            : new SpecError("network", $"expected {ParentNetwork}, of which the round's parameters are, or one with the same parameters; got {Spec.Spec.Network}");
    }
}
