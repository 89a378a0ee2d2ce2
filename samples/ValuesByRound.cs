using FlDurable.LocalHost;

namespace FlDurable.Samples;

/// <summary>Gives clients other values in later rounds: one epoch in the first two and then two, and a learning rate that is halved every other round.</summary>
internal static class ValuesByRound
{
    public static Task<int> RunAsync(string[] options) => FederationHost
        .CreateBuilder(["run", "--epochs", "[1,1,2]", "--learning-rate", "initial=0.002,step=2,factor=0.5", .. options])
        .RunAsync();
}
