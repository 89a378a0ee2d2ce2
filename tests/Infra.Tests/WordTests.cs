using System.Text.RegularExpressions;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>
/// Words of Azure's own, such as a SKU's name: the compiler takes any string for most of them, and the deployment would fail after minutes.
/// </summary>
public sealed partial class WordTests(Bicep bicep)
{
    // By resource type (without "Microsoft.") and path: what Azure takes there.
    private static readonly Dictionary<string, string[]> Words = new()
    {
        ["App/containerApps identity.type"] = ["UserAssigned"],
        ["App/containerApps properties.configuration.activeRevisionsMode"] = ["Single", "Multiple"],
        ["App/containerApps properties.template.containers.*.env.*.value"] = ["ManagedIdentityCredential"],
        ["App/containerApps properties.template.containers.*.probes.*.type"] = ["Liveness", "Readiness", "Startup"],
        ["App/containerApps properties.template.scale.rules.*.custom.metadata.queueLengthStrategy"] = ["all", "visibleonly"],
        ["App/containerApps properties.template.scale.rules.*.custom.type"] = ["azure-queue"],
        ["App/containerApps properties.workloadProfileName"] = ["Consumption", "gpu"],
        ["App/managedEnvironments properties.appLogsConfiguration.destination"] = ["azure-monitor", "log-analytics"],
        ["App/managedEnvironments properties.workloadProfiles.*.name"] = ["Consumption", "gpu"],
        ["App/managedEnvironments properties.workloadProfiles.*.workloadProfileType"] =
            ["Consumption", "Consumption-GPU-NC8as-T4", "Consumption-GPU-NC24-A100"],
        ["Authorization/roleAssignments properties.principalType"] = ["ServicePrincipal"],
        ["DurableTask/schedulers properties.publicNetworkAccess"] = ["Enabled", "Disabled"],
        ["DurableTask/schedulers properties.sku.name"] = ["Consumption", "Dedicated"],
        ["Insights/components kind"] = ["web"],
        ["Insights/components properties.Application_Type"] = ["web", "other"],
        ["Insights/diagnosticSettings properties.logs.*.categoryGroup"] = ["allLogs", "audit"],
        ["Insights/scheduledQueryRules properties.criteria.allOf.*.operator"] = ["GreaterThan"],
        ["Insights/scheduledQueryRules properties.criteria.allOf.*.timeAggregation"] = ["Count", "Total", "Average", "Minimum", "Maximum"],
        ["Insights/scheduledQueryRules properties.evaluationFrequency"] = ["PT5M", "PT15M"],
        ["Insights/scheduledQueryRules properties.windowSize"] = ["PT15M", "PT1H", "P1D"],
        ["Insights/workbooks kind"] = ["shared"],
        ["Insights/workbooks properties.category"] = ["workbook"],
        ["Network/privateDnsZones location"] = ["global"],
        ["Network/privateDnsZones name"] = ["privatelink.durabletask.io"],
        ["Network/privateDnsZones/virtualNetworkLinks location"] = ["global"],
        ["Network/privateEndpoints properties.privateLinkServiceConnections.*.properties.groupIds.*"] = ["blob", "queue", "table", "scheduler"],
        ["Network/virtualNetworks properties.subnets.*.properties.privateEndpointNetworkPolicies"] = ["Disabled", "Enabled"],
        ["OperationalInsights/workspaces properties.sku.name"] = ["PerGB2018"],
        ["Storage/storageAccounts kind"] = ["StorageV2"],
        ["Storage/storageAccounts properties.accessTier"] = ["Hot", "Cool", "Cold"],
        ["Storage/storageAccounts properties.minimumTlsVersion"] = ["TLS1_2", "TLS1_3"],
        ["Storage/storageAccounts properties.networkAcls.bypass"] = ["AzureServices", "None"],
        ["Storage/storageAccounts properties.networkAcls.defaultAction"] = ["Allow", "Deny"],
        ["Storage/storageAccounts properties.publicNetworkAccess"] = ["Enabled", "Disabled"],
        ["Storage/storageAccounts sku.name"] = ["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"],
        ["Storage/storageAccounts/blobServices/containers properties.publicAccess"] = ["None"],
        ["Storage/storageAccounts/managementPolicies properties.policy.rules.*.definition.filters.blobTypes.*"] = ["blockBlob"],
        ["Storage/storageAccounts/managementPolicies properties.policy.rules.*.type"] = ["Lifecycle"],
        ["Web/serverfarms kind"] = ["functionapp"],
        ["Web/serverfarms sku.name"] = ["FC1"],
        ["Web/serverfarms sku.tier"] = ["FlexConsumption"],
        ["Web/sites identity.type"] = ["UserAssigned"],
        ["Web/sites kind"] = ["functionapp,linux"],
        ["Web/sites properties.functionAppConfig.deployment.storage.authentication.type"] = ["UserAssignedIdentity"],
        ["Web/sites properties.functionAppConfig.deployment.storage.type"] = ["blobContainer"],
        ["Web/sites properties.functionAppConfig.runtime.name"] = ["dotnet-isolated"],
        ["Web/sites properties.functionAppConfig.scaleAndConcurrency.alwaysReady.*.name"] = ["http", "durable", "blob"],
        ["Web/sites/config properties.AZURE_TOKEN_CREDENTIALS"] = ["ManagedIdentityCredential"],
        ["Web/sites/config properties.AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName"] =
            ["DURABLE_TASK_SCHEDULER_CONNECTION_STRING"],
        ["Web/sites/config properties.AzureFunctionsJobHost__extensions__durableTask__storageProvider__type"] = ["azureManaged"],
        ["Web/sites/config properties.AzureWebJobsStorage__credential"] = ["managedidentity"],
        ["Web/sites/config properties.AzureWebJobs__TellWork__Disabled"] = ["true"],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Deployments() => [.. Options.All.Select(options => options.File)];

    [Theory]
    [MemberData(nameof(Deployments))]
    public async Task Every_word_is_one_that_Azure_takes(string file) =>
        Assert.Empty(Unknown(await bicep.PredictAsync(Options.All.Single(options => options.File == file), Cancel)));

    [Theory]
    [InlineData("modules/storage.bicep", "bypass: 'AzureServices'", "bypass: 'AzureService'", "AzureService")]
    [InlineData("modules/identity.bicep", "  tags: tags\n", "  tags: tags\n  kind: 'Regional'\n", "Regional")] // a place that isn't in the table
    public async Task A_word_that_Azure_does_not_take_is_found(string template, string before, string after, string word)
    {
        using var templates = new Templates();
        templates.Apply(new Edit(template, before, after));

        var unknown = Assert.Single(Unknown(await bicep.PredictAsync(templates, Options.Dev, Cancel)));
        Assert.EndsWith($" = {word}", unknown, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Unknown(Deployment deployment) => deployment.Strings()
        .Where(said => Word().IsMatch(said.Value))
        .Select(said => (Place: $"{said.Type["Microsoft.".Length..]} {said.Path}", said.Path, said.Value))
        .Where(said => Words.TryGetValue(said.Place, out var known) ? !known.Contains(said.Value) : !IsOurs(said.Path))
        .Select(said => $"{said.Place} = {said.Value}");

    // Names, places and tags are ours to choose.
    private static bool IsOurs(string path) =>
        path is "location" || path.StartsWith("tags.", StringComparison.Ordinal) || OurName().IsMatch(path);

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_,.-]*$")]
    private static partial Regex Word();

    [GeneratedRegex(@"(^|\.)(name|displayName|groupShortName|server|\w*accountName|queueName)$")]
    private static partial Regex OurName();
}
