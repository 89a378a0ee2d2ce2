namespace FlDurable.Infra.Tests.Claims;

/// <summary>The types of the resources that claims are about.</summary>
internal static class ResourceTypes
{
    public const string ActionGroup = "Microsoft.Insights/actionGroups";
    public const string Alert = "Microsoft.Insights/scheduledQueryRules";
    public const string Account = "Microsoft.Storage/storageAccounts";
    public const string BlobService = "Microsoft.Storage/storageAccounts/blobServices";
    public const string Container = "Microsoft.Storage/storageAccounts/blobServices/containers";
    public const string Queue = "Microsoft.Storage/storageAccounts/queueServices/queues";
    public const string Lifecycle = "Microsoft.Storage/storageAccounts/managementPolicies";
    public const string Plan = "Microsoft.Web/serverfarms";
    public const string App = "Microsoft.Web/sites";
    public const string AppSettings = "Microsoft.Web/sites/config";
    public const string Password = "Microsoft.Web/sites/basicPublishingCredentialsPolicies";
    public const string Identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
    public const string Workspace = "Microsoft.OperationalInsights/workspaces";
    public const string Component = "Microsoft.Insights/components";
    public const string Network = "Microsoft.Network/virtualNetworks";
    public const string Endpoint = "Microsoft.Network/privateEndpoints";
    public const string ZoneGroup = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups";
    public const string Zone = "Microsoft.Network/privateDnsZones";
    public const string ZoneLink = "Microsoft.Network/privateDnsZones/virtualNetworkLinks";
    public const string Scheduler = "Microsoft.DurableTask/schedulers";
    public const string TaskHub = "Microsoft.DurableTask/schedulers/taskHubs";
    public const string Environment = "Microsoft.App/managedEnvironments";
    public const string Worker = "Microsoft.App/containerApps";
    public const string Diagnostics = "Microsoft.Insights/diagnosticSettings";
}
