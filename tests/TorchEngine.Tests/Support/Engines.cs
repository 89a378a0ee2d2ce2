using FlDurable.LanesEngine;
using FlDurable.TorchEngine.Native;
using TorchSharp;

namespace FlDurable.TorchEngine.Tests.Support;

/// <summary>The engines that are compared.</summary>
internal static class Engines
{
    public static readonly LanesTrainingEngine Lanes = new();

    public static readonly TorchTrainingEngine Torch = Of();

    /// <summary>An engine that knows modules of one's own; on the CPU, whatever else the machine has.</summary>
    public static TorchTrainingEngine Of(params TorchModule[] modules)
    {
        Assert.Null(TorchLibrary.Problem);
        return new TorchTrainingEngine(modules, "cpu");
    }

    /// <summary>What the engine does by itself where it is called through its port.</summary>
    public static void ComputeOnThisThreadAlone()
    {
        Assert.Null(TorchLibrary.Problem);
        torch.set_num_threads(1);
    }
}
