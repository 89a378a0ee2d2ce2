using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>Who may do what: all of it, so that nobody may do more.</summary>
internal static class RoleClaims
{
    private const string Ids = "modules/roles.bicep";
    private const string OfFunctions = "modules/storageRoles.bicep";
    private const string OfWorkers = "modules/workerPool.bicep";
    private const string OfTheDeployer = "modules/deployerRoles.bicep";

    private const string Dev = """
        id-fldurable-dev: Monitoring Metrics Publisher on components/appi-fldurable-dev
        id-fldurable-dev: Storage Blob Data Owner on storageAccounts/ACCOUNT
        id-fldurable-dev: Storage Queue Data Contributor on storageAccounts/ACCOUNT
        id-fldurable-dev: Storage Table Data Contributor on storageAccounts/ACCOUNT
        """;

    private const string Deployed = """
        00000000-0000-0000-0000-00000000000d: Storage Blob Data Contributor on containers/fldurable
        id-fldurable-deployed: Monitoring Metrics Publisher on components/appi-fldurable-deployed
        id-fldurable-deployed: Storage Blob Data Owner on storageAccounts/ACCOUNT
        id-fldurable-deployed: Storage Queue Data Contributor on storageAccounts/ACCOUNT
        id-fldurable-deployed: Storage Table Data Contributor on storageAccounts/ACCOUNT
        """;

    private const string Prod = """
        id-fldurable-prod: Durable Task Data Contributor on taskHubs/FlDurable
        id-fldurable-prod: Monitoring Metrics Publisher on components/appi-fldurable-prod
        id-fldurable-prod: Storage Blob Data Owner on storageAccounts/ACCOUNT
        id-fldurable-prod: Storage Table Data Contributor on storageAccounts/ACCOUNT
        """;

    private const string Full = """
        00000000-0000-0000-0000-00000000000d: Durable Task Data Contributor on taskHubs/FlDurable
        00000000-0000-0000-0000-00000000000d: Storage Blob Data Contributor on containers/fldurable
        id-fldurable-full: Durable Task Data Contributor on taskHubs/FlDurable
        id-fldurable-full: Monitoring Metrics Publisher on components/appi-fldurable-full
        id-fldurable-full: Storage Blob Data Owner on storageAccounts/ACCOUNT
        id-fldurable-full: Storage Queue Data Contributor on storageAccounts/ACCOUNT
        id-fldurable-full: Storage Table Data Contributor on storageAccounts/ACCOUNT
        id-fldurable-worker-full: Storage Blob Data Contributor on containers/fldurable
        id-fldurable-worker-full: Storage Queue Data Contributor on queues/training
        id-fldurable-worker-full: Storage Queue Data Message Sender on queues/training-results
        """;

    private const string SchedulerOnly = """
        id-fldurable-scheduler: Durable Task Data Contributor on taskHubs/FlDurable
        id-fldurable-scheduler: Monitoring Metrics Publisher on components/appi-fldurable-scheduler
        id-fldurable-scheduler: Storage Blob Data Owner on storageAccounts/ACCOUNT
        id-fldurable-scheduler: Storage Table Data Contributor on storageAccounts/ACCOUNT
        """;

    public static IEnumerable<Claim> All =>
    [
        InDev("the host may keep blobs", new(Ids, "'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'", "'2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'")),
        InDev("Durable Functions may keep tables", new(Ids, "'0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'", "'76199698-9eea-4c19-bc75-cec21354c6b6'")),
        InDev("Durable Functions may keep queues", new(Ids, "'974c5e8b-45b9-4653-ba55-5f855dd0fb88'", "'19e7f393-937e-4f77-808e-94535e297925'")),
        InDev("the app may send telemetry", new(Ids, "'3913510d-42f4-4e42-8a64-420c390055eb'", "'43d0d8ad-25c7-4714-9337-8ba259a9fe05'")),
        InDev("the app's roles end with the account", new(OfFunctions, "    scope: account\n", "")),
        InDev("the app has no more roles", new(OfFunctions, "  [roles.storageBlobDataOwner,", "  ['b24988ac-6180-42a0-ab88-20f7382dd24c', roles.storageBlobDataOwner,")),
        InDev("telemetry is sent to the one component", new("modules/monitoring.bicep", "  scope: component\n", "")),
        InDev("nobody has a role who wasn't named", new("main.bicep", "param deployerPrincipalId string?", "param deployerPrincipalId string = 'd'")),
        new("prod's app has no role for queues, which it doesn't use", Options.Prod, Roles, Prod,
            new("main.prod.bicepparam", "param scheduler = { sku: 'Consumption' }", "")),
        new("the deployer gets at artifacts", Options.Deployed, Roles, Deployed,
            new("main.bicep", "'modules/deployerRoles.bicep' = if (deployerPrincipalId != null)", "'modules/deployerRoles.bicep' = if (deployerPrincipalId == null)")),
        new("the deployer gets at nothing but artifacts", Options.Deployed, Roles, Deployed,
            new(OfTheDeployer, "  scope: account::blobs::artifacts\n", "  scope: account\n")),
        new("without a scheduler the deployer has no role on one", Options.Deployed, Roles, Deployed,
            new(OfTheDeployer, "hubRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(schedulerName))", "hubRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (empty(schedulerName))")),
        InFull("the deployer may look at the hub", new("main.bicep", "schedulerName: scheduler == null ? '' : names.scheduler", "schedulerName: ''")),
        InFull("the deployer may look at no other hub", new(OfTheDeployer, "  scope: scheduler::hub\n", "  scope: scheduler\n")),
        new("without queues there is no role for them", Options.Scheduler, Roles, SchedulerOnly,
            new("main.bicep", "queues: scheduler == null || workerPool != null", "queues: true")),
        InFull("the app may run instances", new(Ids, "'0ad04412-c4d5-4796-b79c-f76d14c8d402'", "'80d0d6b0-f522-40a4-8886-a5a11720c375'")),
        InFull("the app may do so on its hub only", new("modules/scheduler.bicep", "  scope: service::hub\n", "  scope: service\n")),
        InFull("workers may write artifacts", new(Ids, "'ba92f5b4-2d11-453d-a403-e96b0029c9fe'", "'2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'")),
        InFull("workers may write nothing but artifacts", new(OfWorkers, "  scope: account::blobs::artifacts\n", "  scope: account\n")),
        InFull("workers take work from one queue", new(OfWorkers, "  scope: account::queueService::training\n", "  scope: account::queueService\n")),
        InFull("workers answer into one queue", new(OfWorkers, "  scope: account::queueService::results\n", "  scope: account\n")),
        InFull("workers only send results", new(Ids, "'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'", "'974c5e8b-45b9-4653-ba55-5f855dd0fb88'")),
        InFull("workers have an identity of their own", new("main.bicep", "identityName: names.workerIdentity", "identityName: names.identity")),
    ];

    private static Claim InDev(string what, Edit broken) => new(what, Options.Dev, Roles, Dev, broken);

    private static Claim InFull(string what, Edit broken) => new(what, Options.Full, Roles, Full, broken);

    private static string Roles(Deployment deployment) =>
        deployment.Roles().Replace(deployment.Says(ResourceTypes.Account, "name"), "ACCOUNT", StringComparison.Ordinal);
}
