using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>Adds the pool of workers, where the app's settings name the queues in which work is offered to it.</summary>
internal static class PoolOfTheApp
{
    /// <summary>The setting: a connection as <see cref="WorkAccount.Open"/> takes it.</summary>
    public const string Setting = "FLDURABLE_QUEUES";

    /// <summary>Adds the board and the activities that offer work, if the setting is there. Nothing is sent to the account before its first use.</summary>
    /// <exception cref="AppSettingException">The setting isn't understood.</exception>
    public static IServiceCollection AddPool(this IServiceCollection services, IConfiguration settings)
    {
        if (settings[Setting] is not { Length: > 0 } queues)
            return services;
        try
        {
            return services
                .AddSingleton(WorkAccount.Open(settings[ArtifactsOfTheApp.Setting]!, queues))
                .AddSingleton<IWorkBoard, QueueWorkBoard>()
                .AddOfferedWork();
        }
        catch (ArtifactStoreException exception)
        {
            throw new AppSettingException(Setting, exception.Message);
        }
    }
}
