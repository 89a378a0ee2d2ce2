namespace FlDurable.Infra.Tests.Support;

/// <summary>A parameter file: the two that are deployed, and those that switch on what they leave out.</summary>
internal sealed record Options(string File, string? Content = null)
{
    public static readonly Options Dev = new("main.dev.bicepparam");

    public static readonly Options Prod = new("main.prod.bicepparam");

    /// <summary>Every option.</summary>
    public static readonly Options Full = new(
        "main.full.bicepparam",
        """
        using 'main.bicep'
        param environmentName = 'full'
        param location = 'swedencentral'
        param network = { addressPrefix: '10.20.0.0/20' }
        param deployerPrincipalId = '00000000-0000-0000-0000-00000000000d'
        param alertEmails = ['night@example.org', 'day@example.org']
        param scheduler = { sku: 'Dedicated', ipAllowlist: ['203.0.113.0/24'] }
        param workerPool = { image: 'registry.example/worker:1', registryServer: 'registry.example', profile: 'Consumption-GPU-NC8as-T4', maxReplicas: 4 }
        """);

    /// <summary>A scheduler without a worker pool: nothing uses queues.</summary>
    public static readonly Options Scheduler = new(
        "main.scheduler.bicepparam",
        """
        using 'main.bicep'
        param environmentName = 'scheduler'
        param location = 'swedencentral'
        param scheduler = { sku: 'Consumption' }
        """);

    /// <summary>Workers without GPUs, image from anywhere, no network.</summary>
    public static readonly Options Workers = new(
        "main.workers.bicepparam",
        """
        using 'main.bicep'
        param environmentName = 'workers'
        param location = 'swedencentral'
        param workerPool = { image: 'registry.example/worker:1', profile: 'Consumption', maxReplicas: 4 }
        """);

    /// <summary>Dev with somebody who deploys it.</summary>
    public static readonly Options Deployed = new(
        "main.deployed.bicepparam",
        """
        using 'main.bicep'
        param environmentName = 'deployed'
        param location = 'swedencentral'
        param deployerPrincipalId = '00000000-0000-0000-0000-00000000000d'
        """);

    public static IEnumerable<Options> Invented => [Full, Scheduler, Workers, Deployed];

    public static IEnumerable<Options> All => [Dev, Prod, .. Invented];

    public override string ToString() => File;
}
