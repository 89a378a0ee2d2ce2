using FlDurable.ClientActivities;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Hosting;

/// <summary>In a build without the Torch engine adds what stands for it, by the name of what it stands for.</summary>
internal static class AbsentTorchEngine
{
    public static IServiceCollection AddTorchEngine(this IServiceCollection services) => services.AddSingleton<ITrainingEngine>(
        new AbsentEngine("torch", "this build is without TorchSharp; build with -p:Torch=true (docs/engines.md)"));
}
