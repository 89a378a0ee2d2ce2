using System.Text;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Work;

namespace FlDurable.Worker.Tests;

/// <summary>What work needs, and what a worker must have of it.</summary>
public sealed class WorkerCapabilitiesTests
{
    private static readonly WorkerCapabilities Ours = WorkerCapabilities.Of(["lanes"], new NetworkRegistry(), []);

    [Fact]
    public void A_worker_of_this_build_can_do_what_this_build_offers()
    {
        Assert.Null(Ours.WhyNot(WorkRequirements.Of(Spec(), plan: null)));
        Assert.Null(Ours.WhyNot(WorkRequirements.Of(Spec("""{"network": {"layers": [{"type": "conv2d", "name": "c", "outChannels": 4, "kernelSize": 3}, {"type": "relu"}, {"type": "residual", "name": "r", "body": [{"type": "conv2d", "name": "d", "outChannels": 4, "kernelSize": 3, "padding": 1}]}, {"type": "flatten"}, {"type": "linear", "name": "l"}]}}"""), plan: null)));
        Assert.Null(Ours.WhyNot(WorkRequirements.Of(
            Spec("""{"augmentation": {"pad": 4}, "privacy": {"clip": 1, "noiseMultiplier": 1, "at": "client"}, "optimizer": "sgd"}"""), new ClientPlan(Proximal: 1))));
        Assert.Null(Ours.WhyNot(needs: null));
    }

    [Fact]
    public void What_a_worker_lacks_is_named()
    {
        const string own = """{"network": {"layers": [{"type": "conv2d", "name": "c", "outChannels": 4, "kernelSize": 3}, {"type": "residual", "name": "r", "body": [{"type": "groupnorm", "name": "g", "numGroups": 2}]}, {"type": "flatten"}, {"type": "linear", "name": "l"}]}}""";

        Assert.Equal("it has no engine 'torch'", WhyNot(Spec() with { Engine = "torch" }, Ours));
        Assert.Equal("it has no network 'cifar10-cnn'", WhyNot(Spec(), Ours with { Networks = ["other"] }));
        Assert.Equal("it has no layer 'groupnorm'", WhyNot(Spec(own), Ours with { Layers = [.. Ours.Layers.Where(layer => !layer.StartsWith("groupnorm", StringComparison.Ordinal))] }));
        Assert.Equal("its layer 'conv2d' has no 'groups'", WhyNot(Spec(own), Ours with { Layers = [.. Ours.Layers.Except(["conv2d.groups"])] }));
        Assert.Equal("it is without the package Acme.Fed 1.2", WhyNot(Spec() with { Packages = [PackageVersion.Own, new PackageVersion("Acme.Fed", "1.2")] }, Ours));
        Assert.Equal("it does not know 'spec.augmentation'", WhyNot(Spec("""{"augmentation": {"pad": 4}}"""), Without("spec.augmentation")));
        Assert.Equal("it does not know 'spec.privacy.clip'", WhyNot(Spec("""{"privacy": {"clip": 1, "noiseMultiplier": 1, "at": "client"}}"""), Without("spec.privacy.clip")));
        Assert.Equal("it does not know 'spec.optimizer=sgd'", WhyNot(Spec("""{"optimizer": "sgd"}"""), Without("spec.optimizer=sgd")));
        Assert.Equal("it does not know 'plan.proximal'", Without("plan.proximal").WhyNot(WorkRequirements.Of(Spec(), new ClientPlan(Proximal: 1))));
    }

    [Fact]
    public void What_a_spec_does_not_have_is_not_needed()
    {
        Assert.Null(WhyNot(Spec(), Without("spec.augmentation")));
        Assert.Null(WhyNot(Spec(), Ours with { Layers = [] }));
        Assert.Null(WhyNot(Spec(), Without("plan.proximal")));
    }

    [Fact]
    public void They_travel_in_a_few_kilobytes() =>
        Assert.InRange(ContractJson.SerializeToUtf8(new LeaseRequest(WorkProtocol.Version, new string('0', 32), 25, new string('0', 32), Ours)).Length, 1 << 10, 6 << 10);

    private static WorkerCapabilities Without(string member) => Ours with { Members = [.. Ours.Members.Except([member])] };

    private static string? WhyNot(ResolvedSpec spec, WorkerCapabilities can) => can.WhyNot(WorkRequirements.Of(spec, plan: null));

    private static ResolvedSpec Spec(string json = "{}") => new(ResolvedSpec.CurrentVersion, "fed", "lanes", null, null, new SpecReader(new HostParts().SpecTable).Read(Encoding.UTF8.GetBytes(json)).Spec);
}
