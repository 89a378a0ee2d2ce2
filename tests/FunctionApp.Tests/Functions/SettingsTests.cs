using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Tests.Functions;

public sealed class SettingsTests
{
    [Theory]
    [InlineData("", "it isn't set")]
    [InlineData("ftp://somewhere", "which would show the sign-in to anyone")]
    [InlineData("https://account.blob.core.windows.net/container/blob", "goes on after the container")]
    [InlineData("AccountName=", "isn't understood")]
    public async Task An_app_whose_storage_is_missing_or_none_does_not_start_and_says_so_in_one_line(string connection, string reason)
    {
        using var error = new StringWriter();
        Assert.Equal(1, await Program.RunAsync([$"--{ArtifactsOfTheApp.Setting}={connection}"], error));
        var line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("fldurable: app setting FLDURABLE_STORAGE: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        Assert.Contains("expected", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azurite_is_blob_storage()
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { [ArtifactsOfTheApp.Setting] = "UseDevelopmentStorage=true" })
            .Build();
        await using var services = new ServiceCollection().AddArtifacts(settings).BuildServiceProvider();
        Assert.StartsWith("http://127.0.0.1:10000/", services.GetRequiredService<AzureBlobArtifactStore>().Address, StringComparison.Ordinal);
        Assert.NotNull(services.GetRequiredService<IArtifactStore>());
    }

    [Fact]
    public async Task The_sample_of_settings_is_all_that_it_takes_to_start()
    {
        var sample = RepositoryFile.Json("local.settings.sample.json")["Values"]!.AsObject();
        Assert.Equal("dotnet-isolated", (string?)sample["FUNCTIONS_WORKER_RUNTIME"]);
        Assert.Equal("UseDevelopmentStorage=true", (string?)sample["AzureWebJobsStorage"]);

        var app = Program.CreateBuilder([.. sample.Select(setting => $"--{setting.Key}={setting.Value}")]);

        await using var services = app.Services.BuildServiceProvider();
        Assert.StartsWith("http://127.0.0.1:10000/", services.GetRequiredService<AzureBlobArtifactStore>().Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_whose_accounts_are_none_does_not_start_and_says_so_in_one_line()
    {
        using var error = new StringWriter();
        Assert.Equal(
            1,
            await Program.RunAsync([$"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true", $"--{ArtifactAccounts.Variable}=hospital-7"], error));
        var line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("fldurable: app setting FLDURABLE_ACCOUNTS: expected JSON", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://account.queue.core.windows.net")]
    [InlineData("https://account.queue.core.windows.net/training")]
    [InlineData("AccountName=")]
    public async Task An_app_whose_queues_are_none_does_not_start_and_says_so_in_one_line(string queues)
    {
        using var error = new StringWriter();
        Assert.Equal(1, await Program.RunAsync([$"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true", $"--{PoolOfTheApp.Setting}={queues}"], error));
        var line = Assert.Single(error.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("fldurable: app setting FLDURABLE_QUEUES: ", line, StringComparison.Ordinal);
        Assert.Contains("expected", line, StringComparison.Ordinal);
    }
}
