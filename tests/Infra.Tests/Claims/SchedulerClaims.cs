using FlDurable.Infra.Tests.Support;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>The Durable Task Scheduler, and that there is none unless it is asked for.</summary>
internal static class SchedulerClaims
{
    private const string Template = "modules/scheduler.bicep";
    private const string Provider = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__";

    public static IEnumerable<Claim> All =>
    [
        new("dev has no scheduler", Options.Dev, d => d.Names(Scheduler) + d.Names(TaskHub), "",
            new("main.bicep", "param scheduler Scheduler?", "param scheduler Scheduler = { sku: 'Consumption' }")),
        new("dev's state is in the storage account", Options.Dev, d => Setting(d, $"{Provider}type"), Deployment.Nothing,
            new("main.bicep", "      scheduler == null\n        ? {}", "      scheduler != null\n        ? {}")),
        new("prod has a scheduler that is paid by the action", Options.Prod, d => d.Says(Scheduler, "properties.sku"), """{"name":"Consumption"}""",
            new("main.prod.bicepparam", "sku: 'Consumption'", "sku: 'Dedicated'")),
        new("prod's state is in the scheduler", Options.Prod, d => Setting(d, $"{Provider}type"), "azureManaged",
            new("main.prod.bicepparam", "param scheduler = { sku: 'Consumption' }", "")),
        new("prod's scheduler is closed to the outside", Options.Prod, d => d.Says(Scheduler, "properties.publicNetworkAccess"), "Disabled",
            new("main.bicep", "networkName: network == null ? '' : names.network", "networkName: ''")),
        new("whoever comes by a private address is let in", Options.Prod, d => d.Says(Scheduler, "properties.ipAllowlist"), """["0.0.0.0/0"]""",
            new(Template, "?? ['0.0.0.0/0']", "?? []")),
        new("without a network a scheduler is reached from anywhere", Options.Scheduler, d => d.Says(Scheduler, "properties.publicNetworkAccess"), "Enabled",
            new(Template, "empty(networkName) || scheduler.?ipAllowlist != null ? 'Enabled'", "scheduler.?ipAllowlist != null ? 'Enabled'")),
        new("those who are named connect from outside of the network", Options.Full, d => d.Says(Scheduler, "properties.publicNetworkAccess"), "Enabled",
            new(Template, "empty(networkName) || scheduler.?ipAllowlist != null ? 'Enabled'", "empty(networkName) ? 'Enabled'")),
        new("a scheduler by the action has no capacity", Options.Scheduler, d => d.Says(Scheduler, "properties.sku"), """{"name":"Consumption"}""",
            new(Template, "scheduler.sku == 'Dedicated'", "scheduler.sku != 'Dedicated'")),
        new("a scheduler by capacity has at least one unit", Options.Full, d => d.Says(Scheduler, "properties.sku"), """{"name":"Dedicated","capacity":1}""",
            new(Template, "scheduler.?capacity ?? 1", "scheduler.?capacity ?? 3")),
        new("only those who are named may connect", Options.Full, d => d.Says(Scheduler, "properties.ipAllowlist"), """["203.0.113.0/24"]""",
            new(Template, "ipAllowlist: scheduler.?ipAllowlist ?? ['0.0.0.0/0']", "ipAllowlist: ['0.0.0.0/0']")),
        new("the task hub is host.json's", Options.Full, d => d.Names(TaskHub), HostJson.TaskHub,
            new("main.bicep", "var taskHub = 'FlDurable'", "var taskHub = 'default'")),
        new("Durable Functions uses the scheduler", Options.Full, d => Setting(d, $"{Provider}type"), "azureManaged",
            new("main.bicep", $"{Provider}type: 'azureManaged'", $"{Provider}type: 'azureStorage'")),
        new("it finds the scheduler", Options.Full, d => Setting(d, Setting(d, $"{Provider}connectionStringName")).Split(';')[0], "[format('Endpoint={0}",
            new("main.bicep", $"{Provider}connectionStringName: 'DURABLE", $"{Provider}connectionStringName: 'DTS")),
        new("it signs in by identity", Options.Full,
            d => Setting(d, "DURABLE_TASK_SCHEDULER_CONNECTION_STRING").Split('\'')[1], "Endpoint={0};Authentication=ManagedIdentity;ClientID={1}",
            new("main.bicep", "Authentication=ManagedIdentity", "Authentication=None")),
    ];

    private static string Setting(Deployment deployment, string name) => deployment.Says(AppSettings, "appsettings", $"properties.{name}");
}
