using System.Runtime.CompilerServices;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Native;

namespace FlDurable.TorchEngine.Tests.Support;

/// <summary>What happens before the first test.</summary>
internal static class Startup
{
    /// <summary>With this environment variable the process only prints why the engine can't run here.</summary>
    public const string OnlyAskVariable = "FLDURABLE_TORCH_TESTS_ONLY_ASK";

    [ModuleInitializer]
    internal static void OptIn()
    {
        if (Environment.GetEnvironmentVariable(OnlyAskVariable) is not null)
        {
            Console.Write(new TorchTrainingEngine([]).WhyNot(new NetworkRegistry().Get("cifar10-cnn").Usual));
            Environment.Exit(0);
        }

        Environment.SetEnvironmentVariable(TorchLibrary.CompatVariable, "1");
    }
}
