using FlDurable.Api.Tests.Support;

[assembly: AssemblyFixture(typeof(SharedHost))]

namespace FlDurable.Api.Tests.Support;

/// <summary>One server for all tests that don't change how it runs; each uses federations of its own.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    private ApiHost? host;

    public ApiHost Host => host!;

    public async ValueTask InitializeAsync() => host = await ApiHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
            await host.DisposeAsync();
    }
}
