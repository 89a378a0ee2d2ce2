using FlDurable.LocalHost;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.Samples;

/// <summary>Starts from parameters that are given, here those of another seed: a safetensors file with PyTorch's names.</summary>
internal static class InitialParameters
{
    public static async Task<int> RunAsync(string[] options)
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").For(new ImageShape(3, 32, 32), classes: 10);
        var file = Path.Combine(Path.GetTempPath(), $"initial-{Guid.NewGuid():N}.safetensors");
        await File.WriteAllBytesAsync(file, Safetensors.Write(network.Initialize(seed: 7)));
        try
        {
            return await FederationHost.CreateBuilder(["run", "--network", "cifar10-cnn", "--initial", file, .. options]).RunAsync();
        }
        finally
        {
            File.Delete(file);
        }
    }
}
