using System.Collections.Concurrent;
using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests.Support;

/// <summary>Federations in this process, on one cache of data sets; and what they leave when nothing goes wrong.</summary>
public sealed class Federations : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly ConcurrentDictionary<FederationSpec, Lazy<Task<string>>> undisturbed = new();

    /// <summary>Two rounds of three clients, each of which counts.</summary>
    internal static FederationSpec Small { get; } = SmallFederation.Spec with { Clients = 3, Rounds = 2, Quorum = 3 };

    /// <summary>One round of two clients: what is done for every single step.</summary>
    internal static FederationSpec Smallest { get; } = SmallFederation.Spec with { Clients = 2, Rounds = 1 };

    /// <summary>One round of more clients than a leaf has.</summary>
    internal static FederationSpec OfTwoLeaves { get; } = SmallFederation.Spec with { Clients = 65, Rounds = 1, CohortSize = 13 };

    internal string Cache => folder["cache"];

    /// <summary>A small federation in which an activity is run.</summary>
    internal static FederationSpec With(string activity) => activity == Activities.MergeSubtrees.Name ? OfTwoLeaves : Small;

    /// <summary>What a federation leaves (<see cref="FederationOutcome"/>) when nothing goes wrong.</summary>
    internal Task<string> UndisturbedAsync(FederationSpec spec) => undisturbed.GetOrAdd(spec, _ => new Lazy<Task<string>>(async () =>
    {
        var ended = await RunAsync(spec, new HostFaults());
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (ended.Status, ended.Failure));
        return ended.Outcome;
    })).Value;

    /// <summary>Runs a federation to its end.</summary>
    /// <param name="spec">The federation.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="launches">How often it is launched if that fails.</param>
    internal async Task<Ended> RunAsync(FederationSpec spec, HostFaults faults, int launches = 1)
    {
        using var state = new TestFolder();
        await using var host = VirtualHost.Create(state["state"], Cache, faults);
        await host.LaunchAsync(spec, launches);
        var end = await host.RunToEndAsync();
        return new Ended(end.RuntimeStatus, end.FailureReason, FederationOutcome.Read(state["state"]));
    }

    /// <summary>Checks that a fault stops the engine, and that the federation then goes on, without it, as if nothing had been.</summary>
    /// <returns>Why it stopped, or was not launched; null if the fault did not come up.</returns>
    internal async Task<string?> StopAndGoOnAsync(FederationSpec spec, HostFaults faults)
    {
        using var state = new TestFolder();
        string? reason = null;
        await using (var host = VirtualHost.Create(state["state"], Cache, faults))
        {
            try
            {
                await host.LaunchAsync(spec);
                await host.RunToEndAsync();
            }
            catch (Exception exception) when (exception is HostFailureException or ArtifactStoreException)
            {
                reason = exception.Message;
            }
        }

        await using var next = VirtualHost.Create(state["state"], Cache);
        await next.LaunchAsync(spec);
        var end = await next.RunToEndAsync();
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (end.RuntimeStatus, end.FailureReason));
        Assert.Equal(await UndisturbedAsync(spec), FederationOutcome.Read(state["state"]));
        return reason;
    }

    /// <summary>Checks that a fault changes nothing.</summary>
    internal async Task AssertSameAsync(FederationSpec spec, HostFaults faults, int launches = 1)
    {
        var ended = await RunAsync(spec, faults, launches);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, null), (ended.Status, ended.Failure));
        Assert.Equal(await UndisturbedAsync(spec), ended.Outcome);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}

/// <summary>How a federation ended.</summary>
internal sealed record Ended(OrchestrationRuntimeStatus Status, string? Failure, string Outcome);
