using FlDurable.Shared.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>Adds the artifact store that the app's settings name.</summary>
internal static class ArtifactsOfTheApp
{
    /// <summary>The setting: a connection as <see cref="ArtifactStorage.Open"/> takes it.</summary>
    public const string Setting = "FLDURABLE_STORAGE";

    /// <summary>
    /// Adds the store, and whatever of clients' data is in accounts of their own (<see cref="ArtifactAccounts"/>). Nothing is sent to any
    /// before its first use.
    /// </summary>
    /// <exception cref="AppSettingException">The setting isn't set, or one isn't understood.</exception>
    public static IServiceCollection AddArtifacts(this IServiceCollection services, IConfiguration settings)
    {
        if (settings[Setting] is not { Length: > 0 } connection)
        {
            throw new AppSettingException(
                Setting, "it isn't set: expected UseDevelopmentStorage=true for Azurite, or https://ACCOUNT.blob.core.windows.net");
        }

        var accounts = Understand(ArtifactAccounts.Variable, () => ArtifactAccounts.Parse(settings[ArtifactAccounts.Variable]));
        return services
            .AddSingleton(Understand(Setting, () => ArtifactStorage.Open(connection)))
            .AddSingleton(provider => accounts.Join(new RecentArtifacts(provider.GetRequiredService<AzureBlobArtifactStore>())));
    }

    private static T Understand<T>(string setting, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArtifactStoreException exception)
        {
            throw new AppSettingException(setting, exception.Message);
        }
    }
}
