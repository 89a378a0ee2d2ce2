using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>All that the two parameter files make, so that nothing gets onto a bill, or out of a deployment, in passing.</summary>
public sealed class ResourceTests(Bicep bicep)
{
    private const string Dev = """
        Insights/components appi-fldurable-dev
        Insights/workbooks GUID
        ManagedIdentity/userAssignedIdentities id-fldurable-dev
        OperationalInsights/workspaces log-fldurable-dev
        Resources/resourceGroups rg-fldurable-dev
        Storage/storageAccounts fldurableTOKEN
        Storage/storageAccounts/blobServices fldurableTOKEN/default
        Storage/storageAccounts/blobServices/containers fldurableTOKEN/default/deployments
        Storage/storageAccounts/blobServices/containers fldurableTOKEN/default/fldurable
        Storage/storageAccounts/managementPolicies fldurableTOKEN/default
        Web/serverfarms plan-fldurable-dev
        Web/sites func-fldurable-TOKEN
        Web/sites/basicPublishingCredentialsPolicies func-fldurable-TOKEN/ftp
        Web/sites/basicPublishingCredentialsPolicies func-fldurable-TOKEN/scm
        Web/sites/config func-fldurable-TOKEN/appsettings
        """;

    private const string Prod = """
        DurableTask/schedulers dts-fldurable-prod
        DurableTask/schedulers/taskHubs dts-fldurable-prod/FlDurable
        Insights/components appi-fldurable-prod
        Insights/workbooks GUID
        ManagedIdentity/userAssignedIdentities id-fldurable-prod
        Network/privateDnsZones privatelink.STORAGE.blob
        Network/privateDnsZones privatelink.STORAGE.queue
        Network/privateDnsZones privatelink.STORAGE.table
        Network/privateDnsZones privatelink.durabletask.io
        Network/privateDnsZones/virtualNetworkLinks privatelink.STORAGE.blob/vnet-fldurable-prod
        Network/privateDnsZones/virtualNetworkLinks privatelink.STORAGE.queue/vnet-fldurable-prod
        Network/privateDnsZones/virtualNetworkLinks privatelink.STORAGE.table/vnet-fldurable-prod
        Network/privateDnsZones/virtualNetworkLinks privatelink.durabletask.io/vnet-fldurable-prod
        Network/privateEndpoints pe-dts-fldurable-prod
        Network/privateEndpoints pe-fldurableTOKEN-blob
        Network/privateEndpoints pe-fldurableTOKEN-queue
        Network/privateEndpoints pe-fldurableTOKEN-table
        Network/privateEndpoints/privateDnsZoneGroups pe-dts-fldurable-prod/default
        Network/privateEndpoints/privateDnsZoneGroups pe-fldurableTOKEN-blob/default
        Network/privateEndpoints/privateDnsZoneGroups pe-fldurableTOKEN-queue/default
        Network/privateEndpoints/privateDnsZoneGroups pe-fldurableTOKEN-table/default
        Network/virtualNetworks vnet-fldurable-prod
        OperationalInsights/workspaces log-fldurable-prod
        Resources/resourceGroups rg-fldurable-prod
        Storage/storageAccounts fldurableTOKEN
        Storage/storageAccounts/blobServices fldurableTOKEN/default
        Storage/storageAccounts/blobServices/containers fldurableTOKEN/default/deployments
        Storage/storageAccounts/blobServices/containers fldurableTOKEN/default/fldurable
        Storage/storageAccounts/managementPolicies fldurableTOKEN/default
        Web/serverfarms plan-fldurable-prod
        Web/sites func-fldurable-TOKEN
        Web/sites/basicPublishingCredentialsPolicies func-fldurable-TOKEN/ftp
        Web/sites/basicPublishingCredentialsPolicies func-fldurable-TOKEN/scm
        Web/sites/config func-fldurable-TOKEN/appsettings
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Dev_makes_these_resources() =>
        Assert.Equal(Dev.ReplaceLineEndings("\n"), (await bicep.PredictAsync(Options.Dev, Cancel)).Resources());

    [Fact]
    public async Task Prod_makes_these_resources() =>
        Assert.Equal(Prod.ReplaceLineEndings("\n"), (await bicep.PredictAsync(Options.Prod, Cancel)).Resources());
}
