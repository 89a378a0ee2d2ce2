using FlDurable.Shared.Specs;

namespace FlDurable.TorchEngine.Tests.Gradients;

// A class of its own, as the others are: classes share the cores.
public sealed class InitialGradientTests
{
    public static TheoryData<string> Networks => EngineComparison.Networks;

    [Theory]
    [MemberData(nameof(Networks))]
    public void Loss_and_gradients_are_those_of_Lanes_at_initialisation(string name)
    {
        var network = new NetworkRegistry().Get(name).Usual;

        EngineComparison.Compare(network, network.Initialize(1).Values.ToArray());
    }
}
