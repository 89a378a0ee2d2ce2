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
    /// <exception cref="InvalidOperationException">The setting isn't set.</exception>
    /// <exception cref="ArtifactStoreException">It isn't understood.</exception>
    public static IServiceCollection AddArtifacts(this IServiceCollection services, IConfiguration settings)
    {
        if (settings[Setting] is not { Length: > 0 } connection)
        {
            throw new InvalidOperationException(
                $"the app setting {Setting} isn't set: expected UseDevelopmentStorage=true for Azurite, or https://ACCOUNT.blob.core.windows.net");
        }

        return services.AddSingleton(ArtifactStorage.Open(connection));
    }
}
