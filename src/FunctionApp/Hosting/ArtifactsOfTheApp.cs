using FlDurable.Shared.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>Adds the artifact store that the app's settings name.</summary>
internal static class ArtifactsOfTheApp
{
    /// <summary>The setting: a connection as <see cref="ArtifactStorage.Open"/> takes it.</summary>
    public const string Setting = "FLDURABLE_STORAGE";

    /// <summary>Adds the store. Nothing is sent to it before its first use.</summary>
    /// <exception cref="AppSettingException">The setting isn't set, or not understood.</exception>
    public static IServiceCollection AddArtifacts(this IServiceCollection services, IConfiguration settings)
    {
        if (settings[Setting] is not { Length: > 0 } connection)
        {
            throw new AppSettingException(
                Setting, "it isn't set: expected UseDevelopmentStorage=true for Azurite, or https://ACCOUNT.blob.core.windows.net");
        }

        try
        {
            return services.AddSingleton<IArtifactStore>(ArtifactStorage.Open(connection));
        }
        catch (ArtifactStoreException exception)
        {
            throw new AppSettingException(Setting, exception.Message);
        }
    }
}
