using FlDurable.Infra.Tests.Support;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>The Function app and its telemetry.</summary>
internal static class FunctionAppClaims
{
    private const string Template = "modules/functionApp.bicep";
    private const string Monitoring = "modules/monitoring.bicep";
    private const string Config = "properties.functionAppConfig.";

    public static IEnumerable<Claim> All =>
    [
        new("the plan is Flex Consumption", Options.Dev, d => $"{d.Says(Plan, "sku.name")} {d.Says(Plan, "sku.tier")}", "FC1 FlexConsumption",
            new(Template, "sku: { name: 'FC1', tier: 'FlexConsumption' }", "sku: { name: 'Y1', tier: 'Dynamic' }")),
        new("the plan is for Function apps", Options.Dev, d => d.Says(Plan, "kind"), "functionapp",
            new(Template, "kind: 'functionapp'\n", "kind: 'app'\n")),
        new("the plan is Linux's", Options.Dev, d => d.Says(Plan, "properties.reserved"), "true", new(Template, "reserved: true", "reserved: false")),
        new("the app is a Function app on Linux", Options.Dev, d => d.Says(App, "kind"), "functionapp,linux",
            new(Template, "kind: 'functionapp,linux'", "kind: 'functionapp'")),
        new("it runs in the isolated worker", Options.Dev, d => d.Says(App, $"{Config}runtime.name"), "dotnet-isolated",
            new(Template, "name: 'dotnet-isolated'", "name: 'dotnet'")),
        new("it runs on .NET 10", Options.Dev, d => d.Says(App, $"{Config}runtime.version"), "10.0", new(Template, "version: '10.0'", "version: '8.0'")),
        new("its package is in a blob container", Options.Dev, d => d.Says(App, $"{Config}deployment.storage.type"), "blobContainer",
            new(Template, "type: 'blobContainer'", "type: 'fileShare'")),
        new("its package is apart from the artifacts", Options.Dev, d => d.Says(App, $"{Config}deployment.storage.value").Split(',')[^1], "'deployments')]",
            new("main.bicep", "var deploymentContainer = 'deployments'", "var deploymentContainer = 'fldurable'")),
        new("its package is read by identity", Options.Dev, d => d.Says(App, $"{Config}deployment.storage.authentication.type"), "UserAssignedIdentity",
            new(Template, "type: 'UserAssignedIdentity'", "type: 'SystemAssignedIdentity'")),
        new("dev scales to zero", Options.Dev, d => d.Says(App, $"{Config}scaleAndConcurrency.alwaysReady"), "[]",
            new("main.bicep", "param alwaysReadyHttp int = 0", "param alwaysReadyHttp int = 1")),
        new("dev keeps no orchestrator ready either", Options.Dev, d => d.Says(App, $"{Config}scaleAndConcurrency.alwaysReady"), "[]",
            new("main.bicep", "param alwaysReadyDurable int = 0", "param alwaysReadyDurable int = 1")),
        new("prod keeps one instance ready for requests", Options.Prod, d => d.Says(App, $"{Config}scaleAndConcurrency.alwaysReady"),
            """[{"name":"http","instanceCount":1}]""", new("main.prod.bicepparam", "alwaysReadyHttp = 1", "alwaysReadyHttp = 2")),
        new("instances are ready in the groups that the plan scales by", Options.Prod,
            d => d.Says(App, $"{Config}scaleAndConcurrency.alwaysReady.0.name"), "http", new(Template, "{ name: 'http',", "{ name: 'web',")),
        new("dev has one core an instance", Options.Dev, d => d.Says(App, $"{Config}scaleAndConcurrency.instanceMemoryMB"), "2048",
            new("main.bicep", "param instanceMemoryMB int = 2048", "param instanceMemoryMB int = 512")),
        new("prod has two cores an instance", Options.Prod, d => d.Says(App, $"{Config}scaleAndConcurrency.instanceMemoryMB"), "4096",
            new("main.prod.bicepparam", "instanceMemoryMB = 4096", "instanceMemoryMB = 2048")),
        new("dev's instances are bounded", Options.Dev, d => d.Says(App, $"{Config}scaleAndConcurrency.maximumInstanceCount"), "40",
            new("main.bicep", "param maximumInstanceCount int = 40", "param maximumInstanceCount int = 1000")),
        new("the API answers by https only", Options.Dev, d => d.Says(App, "properties.httpsOnly"), "true",
            new(Template, "httpsOnly: true", "httpsOnly: false")),
        new("the API speaks nothing older than TLS 1.2", Options.Dev, d => d.Says(App, "properties.siteConfig.minTlsVersion"), "1.2",
            new(Template, "minTlsVersion: '1.2'", "minTlsVersion: '1.0'")),
        new("no password deploys the app", Options.Dev, d => d.Says(Password, "scm", "properties.allow"), "false",
            new(Template, "name: 'scm'\n    properties: { allow: false }", "name: 'scm'\n    properties: { allow: true }")),
        new("no password opens FTP", Options.Dev, d => d.Says(Password, "ftp", "properties.allow"), "false",
            new(Template, "name: 'ftp'\n    properties: { allow: false }", "name: 'ftp'\n    properties: { allow: true }")),
        new("the app has the identity that has the roles", Options.Dev,
            d => d.Says(App, "identity.userAssignedIdentities").Split('/')[^1], "id-fldurable-dev\":{}}",
            new(Template, "userAssignedIdentities: { '${identity.id}': {} }", "userAssignedIdentities: { '${account.id}': {} }")),
        new("the host's storage is the account", Options.Dev,
            d => $"{Setting(d, "AzureWebJobsStorage__accountName") == d.Says(Account, "name")}", "True",
            new(Template, "AzureWebJobsStorage__accountName: account.name", "AzureWebJobsStorage__accountName: planName")),
        new("the host opens it by identity", Options.Dev, d => Setting(d, "AzureWebJobsStorage__credential"), "managedidentity",
            new(Template, "AzureWebJobsStorage__credential: 'managedidentity'", "AzureWebJobsStorage__credential: 'key'")),
        new("the host opens it by the app's identity", Options.Dev, d => ClientIdOf(Setting(d, "AzureWebJobsStorage__clientId")), "id-fldurable-dev",
            new(Template, "AzureWebJobsStorage__clientId: identity.properties.clientId", "AzureWebJobsStorage__clientId: ''")),
        new("no connection string is in a setting", Options.Dev, d => Setting(d, "AzureWebJobsStorage"), Deployment.Nothing,
            new(Template, "        AzureWebJobsStorage__accountName: account.name\n", "        AzureWebJobsStorage: account.listKeys().keys[0].value\n")),
        new("artifacts are in the account's container", Options.Dev,
            d => $"{Setting(d, "FLDURABLE_STORAGE").EndsWith($"{d.Says(Account, "name")}','2025-01-01').primaryEndpoints.blob,'fldurable')]", StringComparison.Ordinal)}", "True",
            new(Template, "FLDURABLE_STORAGE: '${account.properties.primaryEndpoints.blob}${artifactContainer}'", "FLDURABLE_STORAGE: '${account.properties.primaryEndpoints.blob}${deploymentContainer}'")),
        new("data sets are on the instance's own disk", Options.Dev, d => Setting(d, "FLDURABLE_CACHE"), "/tmp/fldurable",
            new(Template, "FLDURABLE_CACHE: '/tmp/fldurable'", "FLDURABLE_CACHE: '/home/fldurable'")),
        new("the code signs in with the app's identity", Options.Dev, d => ClientIdOf(Setting(d, "AZURE_CLIENT_ID")), "id-fldurable-dev",
            new(Template, "AZURE_CLIENT_ID: identity.properties.clientId", "AZURE_CLIENT_ID: ''")),
        new("the code signs in with nothing else", Options.Dev, d => Setting(d, "AZURE_TOKEN_CREDENTIALS"), "ManagedIdentityCredential",
            new(Template, "AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'", "AZURE_TOKEN_CREDENTIALS: 'dev'")),
        new("telemetry goes to the component", Options.Dev,
            d => $"{Setting(d, "APPLICATIONINSIGHTS_CONNECTION_STRING").EndsWith("components/appi-fldurable-dev','2020-02-02').ConnectionString]", StringComparison.Ordinal)}", "True",
            new(Template, "APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString", "APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.InstrumentationKey")),
        new("telemetry is sent by identity", Options.Dev,
            d => $"{Setting(d, "APPLICATIONINSIGHTS_AUTHENTICATION_STRING").StartsWith("[format('ClientId={0};Authorization=AAD',", StringComparison.Ordinal)}", "True",
            new(Template, ";Authorization=AAD'", "'")),
        new("telemetry without an identity is refused", Options.Dev, d => d.Says(Component, "properties.DisableLocalAuth"), "true",
            new(Monitoring, "DisableLocalAuth: true", "DisableLocalAuth: false")),
        new("the workspace takes no key", Options.Dev, d => d.Says(Workspace, "properties.features.disableLocalAuth"), "true",
            new(Monitoring, "features: { disableLocalAuth: true }", "features: { disableLocalAuth: false }")),
        new("telemetry is kept in the workspace", Options.Dev, d => d.Says(Component, "properties.WorkspaceResourceId").Split('/')[^1], "log-fldurable-dev",
            new(Monitoring, "    WorkspaceResourceId: workspace.id\n", "")),
        new("dev keeps telemetry for a month", Options.Dev, d => d.Says(Workspace, "properties.retentionInDays"), "30",
            new("main.bicep", "param telemetryRetentionDays int = 30", "param telemetryRetentionDays int = 730")),
        new("azd finds the app", Options.Dev, d => d.Says(App, "tags.azd-service-name"), "functions",
            new(Template, "'azd-service-name': 'functions'", "'azd-service-name': 'api'")),
    ];

    private static string Setting(Deployment deployment, string name) => deployment.Says(AppSettings, "appsettings", $"properties.{name}");

    private static string ClientIdOf(string reference) =>
        reference.EndsWith(".clientId]", StringComparison.Ordinal) ? reference.Split("userAssignedIdentities/")[^1].Split('\'')[0] : reference;
}
