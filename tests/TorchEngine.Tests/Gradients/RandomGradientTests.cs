using CsCheck;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Gradients;

public sealed class RandomGradientTests
{
    [Fact]
    public void Loss_and_gradients_of_random_networks_are_those_of_Lanes() => RandomCases.Cases.Sample(
        test =>
        {
            var (network, batch, seed) = test;
            var parameters = RandomCases.Parameters(network, seed).Values.ToArray();
            var examples = SmoothPoints.Choose(
                network, parameters, batch, draw => RandomCases.Examples(network.Input, network.Classes, 1, seed + draw));
            if (examples is not null)
                EngineComparison.Compare(network, parameters, examples.Value, batch);
        },
        iter: 100);
}
