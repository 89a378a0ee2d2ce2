using System.Net;
using System.Net.Sockets;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace FlDurable.Azurite;

/// <summary>Azurite in Docker. Testcontainers removes it when this process ends, however that ends.</summary>
internal sealed class AzuriteContainer : IStorageEmulator
{
    // The version of package.json.
    private const string Image = "mcr.microsoft.com/azure-storage/azurite:3.35.0";

    private readonly AzuritePorts ports = FreePorts();
    private readonly IContainer container;

    /// <exception cref="DockerUnavailableException">No Docker daemon answers.</exception>
    public AzuriteContainer() => container = new ContainerBuilder(Image)
        .WithCommand(
            "azurite", "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--location", "/data",
            "--blobHost", "0.0.0.0", "--queueHost", "0.0.0.0", "--tableHost", "0.0.0.0")
        .WithEnvironment(DevelopmentAccount.Environment.Variable, DevelopmentAccount.Environment.Value)
        .WithPortBinding(ports.Blob, 10000)
        .WithPortBinding(ports.Queue, 10001)
        .WithPortBinding(ports.Table, 10002)
        .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("Azurite Table service is successfully listening"))
        .Build();

    public string ConnectionString => DevelopmentAccount.Own.ConnectionString(container.Hostname, ports);

    public string AnotherConnectionString => DevelopmentAccount.Another.ConnectionString(container.Hostname, ports);

    public Task StartAsync(CancellationToken cancellationToken) => container.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => container.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => container.DisposeAsync();

    // Docker would give random ports anew at each start.
    private static AzuritePorts FreePorts()
    {
        using var blob = new TcpListener(IPAddress.Loopback, 0);
        using var queue = new TcpListener(IPAddress.Loopback, 0);
        using var table = new TcpListener(IPAddress.Loopback, 0);
        return new AzuritePorts(PortOf(blob), PortOf(queue), PortOf(table));
    }

    private static int PortOf(TcpListener listener)
    {
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
