using FlDurable.Infra.Tests.Support;
using FlDurable.Shared.Storage;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>The storage account.</summary>
internal static class StorageClaims
{
    private const string Template = "modules/storage.bicep";

    public static IEnumerable<Claim> All =>
    [
        new("no key opens the account", Options.Dev, d => d.Says(Account, "properties.allowSharedKeyAccess"), "false",
            new(Template, "allowSharedKeyAccess: false", "allowSharedKeyAccess: true")),
        new("nothing older than TLS 1.2 is spoken", Options.Dev, d => d.Says(Account, "properties.minimumTlsVersion"), "TLS1_2",
            new(Template, "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'")),
        new("nothing is sent in the clear", Options.Dev, d => d.Says(Account, "properties.supportsHttpsTrafficOnly"), "true",
            new(Template, "supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false")),
        new("no blob can be made public", Options.Dev, d => d.Says(Account, "properties.allowBlobPublicAccess"), "false",
            new(Template, "allowBlobPublicAccess: false", "allowBlobPublicAccess: true")),
        new("no container is public", Options.Dev, d => d.Says(Container, "properties.publicAccess"), "None",
            new(Template, "name: artifactContainer\n    properties: { publicAccess: 'None' }", "name: artifactContainer\n    properties: { publicAccess: 'Blob' }")),
        new("the package's container is not public either", Options.Dev, d => d.Says(Container, "properties.publicAccess"), "None",
            new(Template, "name: deploymentContainer\n    properties: { publicAccess: 'None' }", "name: deploymentContainer\n    properties: { publicAccess: 'Blob' }")),
        new("nothing is copied to other tenants", Options.Dev, d => d.Says(Account, "properties.allowCrossTenantReplication"), "false",
            new(Template, "allowCrossTenantReplication: false", "allowCrossTenantReplication: true")),
        new("the account is of the kind that has lifecycle rules", Options.Dev, d => d.Says(Account, "kind"), "StorageV2",
            new(Template, "kind: 'StorageV2'", "kind: 'Storage'")),
        new("dev keeps data in one place", Options.Dev, d => d.Says(Account, "sku.name"), "Standard_LRS",
            new("main.bicep", "param storageSku string = 'Standard_LRS'", "param storageSku string = 'Standard_GRS'")),
        new("prod keeps data in three zones", Options.Prod, d => d.Says(Account, "sku.name"), "Standard_ZRS",
            new("main.prod.bicepparam", "storageSku = 'Standard_ZRS'", "storageSku = 'Standard_LRS'")),
        new("the artifacts' container is the store's default", Options.Dev, d => d.Names(Container).Split(", ")[0], AzureBlobStorageOptions.DefaultContainer,
            new("main.bicep", "var artifactContainer = 'fldurable'", "var artifactContainer = 'artifacts'")),
        new("leftovers of updates are swept, and nothing else", Options.Dev,
            d => d.Says(Lifecycle, "properties.policy.rules.0.definition.filters.prefixMatch"),
            $"[\"{AzureBlobStorageOptions.DefaultContainer}/{ArtifactNames.Updates("id", 1).Split('/')[0]}/\"]",
            new(Template, "prefixMatch: ['${artifactContainer}/updates/']", "prefixMatch: ['${artifactContainer}/']")),
        new("they are swept after a week", Options.Dev,
            d => d.Says(Lifecycle, "properties.policy.rules.0.definition.actions.baseBlob.delete.daysAfterModificationGreaterThan"), "7",
            new("main.bicep", "param updatesRetentionDays int = 7", "param updatesRetentionDays int = 1")),
        new("there is one rule", Options.Dev, d => d.Says(Lifecycle, "properties.policy.rules.1.name"), Deployment.Nothing,
            new(Template, "      rules: [\n", "      rules: [\n        { name: 'more', type: 'Lifecycle', definition: { filters: { blobTypes: ['blockBlob'] }, actions: {} } }\n")),
        new("the rule is on", Options.Dev, d => d.Says(Lifecycle, "properties.policy.rules.0.enabled"), "true",
            new(Template, "          enabled: true\n", "          enabled: false\n")),
        new("deleted updates are not kept", Options.Dev, d => d.Says(BlobService, "properties.deleteRetentionPolicy.enabled"), "false",
            new(Template, "deleteRetentionPolicy: { enabled: false }", "deleteRetentionPolicy: { enabled: true, days: 7 }")),
        new("without workers there are no queues of theirs", Options.Dev, d => d.Names(Queue), "",
            new("main.bicep", "queues: workerPool == null ? [] :", "queues: workerPool != null ? [] :")),
    ];
}
