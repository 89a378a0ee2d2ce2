using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Networks;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Gradients;

public sealed class LayerGradientTests
{
    [Theory]
    [MemberData(nameof(LayerNetworks.Names), MemberType = typeof(LayerNetworks))]
    public void Loss_and_gradients_of_each_layer_are_those_of_Lanes(string name)
    {
        const int Batch = 33;
        var network = LayerNetworks.Get(name);
        var parameters = RandomCases.Parameters(network, 7).Values.ToArray();

        // Of a network with dropout the images are not chosen: what is near a kink depends on the image's place in the batch.
        var examples = network.AllLayers.Any(layer => layer is Dropout)
            ? RandomCases.Examples(network.Input, network.Classes, Batch, seed: 1)
            : SmoothPoints.Choose(network, parameters, Batch, draw => RandomCases.Examples(network.Input, network.Classes, 1, draw));

        Assert.NotNull(examples);
        EngineComparison.Compare(network, parameters, examples.Value, Batch);
    }
}
