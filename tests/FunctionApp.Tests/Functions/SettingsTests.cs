using FlDurable.FunctionApp.Hosting;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Tests.Functions;

public sealed class SettingsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void An_app_without_storage_does_not_start_and_says_which_setting_it_lacks(string? connection)
    {
        var exception = Assert.Throws<InvalidOperationException>(() => new ServiceCollection().AddArtifacts(Settings(connection)));
        Assert.Contains("FLDURABLE_STORAGE", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_app_with_a_storage_that_is_none_does_not_start() =>
        Assert.Throws<ArtifactStoreException>(() => new ServiceCollection().AddArtifacts(Settings("ftp://somewhere")));

    [Fact]
    public async Task Azurite_is_blob_storage()
    {
        await using var services = new ServiceCollection().AddArtifacts(Settings("UseDevelopmentStorage=true")).BuildServiceProvider();
        Assert.IsType<AzureBlobArtifactStore>(services.GetRequiredService<IArtifactStore>());
    }

    private static IConfiguration Settings(string? connection) => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { [ArtifactsOfTheApp.Setting] = connection })
        .Build();
}
