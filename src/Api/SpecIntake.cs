using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.Api;

/// <summary>Takes specs from callers: checks all of them, and lets them name nothing of the host's files.</summary>
internal sealed class SpecIntake(NetworkRegistry networks, IEngineCatalog engines, FederationApiOptions options)
{
    /// <summary>The spec of a new federation, with an id.</summary>
    /// <exception cref="InvalidSpecException">It can't be run; every field that is wrong is named.</exception>
    public FederationSpec ReadSpec(ReadOnlySpan<byte> utf8Json)
    {
        var errors = new List<SpecError>();
        var spec = FederationSpecReader.Read(utf8Json, errors);
        if (spec.Initial is not null)
            errors.Add(new SpecError("initial", "not taken over HTTP; to start from a round's parameters, branch from it"));
        CheckData(spec.Data, errors);
        return Complete(spec, errors);
    }

    /// <summary>The spec of a branch, with an id.</summary>
    /// <param name="utf8Json">The round to branch from, and the fields in which the spec differs.</param>
    /// <param name="parent">The federation to branch from.</param>
    /// <exception cref="InvalidSpecException">It can't be run; every field that is wrong is named.</exception>
    public BranchRequest ReadBranch(ReadOnlySpan<byte> utf8Json, ResolvedSpec parent)
    {
        var errors = new List<SpecError>();
        using var body = SpecDocument.Parse(utf8Json);
        var branch = BranchBody.Of(body.RootElement);
        var round = branch.ReadRound(parent.Spec.Rounds, errors);
        var spec = FederationSpecReader.Read(branch.Over(parent), errors);
        if (branch.Has("initial"))
            errors.Add(new SpecError("initial", "not taken here; a branch starts from the round's parameters"));
        if (branch.Has("data"))
            CheckData(spec.Data, errors);
        return new BranchRequest(Complete(spec, errors), round);
    }

    private FederationSpec Complete(FederationSpec spec, List<SpecError> errors)
    {
        FederationSpecReader.Check(spec, networks, engines.Names, errors);
        return errors.Count == 0 ? spec with { Id = spec.Id ?? FederationIds.New() } : throw new InvalidSpecException(errors);
    }

    private void CheckData(string? data, List<SpecError> errors)
    {
        if (string.IsNullOrEmpty(data))
            return; // nothing, or what the spec's own check refuses
        try
        {
            if (DatasetChoice.FileOf(data) is not { } path)
                return;
            if (options.ServerFiles is null)
                errors.Add(new SpecError("data", "expected cifar10, synthetic, synthetic:train=N,test=N,seed=N or null: this host takes no names of files"));
            else if (!LinkFreePath.IsWithin(options.ServerFiles, path))
                errors.Add(new SpecError("data", $"expected a file or folder in '{options.ServerFiles}', the only files that this host takes names of"));
        }
        catch (DatasetException exception)
        {
            errors.Add(new SpecError("data", exception.Message));
        }
    }
}

/// <summary>What a branch is asked to be.</summary>
/// <param name="Spec">Its spec, but for <see cref="FederationSpec.Initial"/>.</param>
/// <param name="Round">The round of the parent whose parameters it starts from.</param>
internal sealed record BranchRequest(FederationSpec Spec, int Round);
