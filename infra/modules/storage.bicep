metadata description = 'The storage account: artifacts, the Function app\'s package, and what the Functions host and Durable Functions keep.'

@description('The account\'s name, unique in Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('How often and how far apart the data is kept. Artifacts of recorded rounds are only here.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string

@description('The container of all artifacts: what FLDURABLE_STORAGE names.')
@minLength(3)
@maxLength(63)
param artifactContainer string

@description('The container that the Function app\'s package is deployed to.')
@minLength(3)
@maxLength(63)
param deploymentContainer string

@description('After how many days a leftover under updates/ is deleted. A recorded round deletes its own at once: these are of rounds that were never recorded. More than a round may take.')
@minValue(1)
@maxValue(365)
param updatesRetentionDays int

@description('Queues to make.')
param queues string[]

@description('Whether the account may be reached from outside of its private endpoints.')
param publicNetworkAccess bool

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    // Whoever held a key could do everything and be nobody.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'
    networkAcls: {
      // Lifecycle rules are carried out by the service from outside of the network.
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // Updates are written and deleted in every round: keeping deleted blobs would keep all of them. A deleted container comes back.
    deleteRetentionPolicy: { enabled: false }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }

  resource artifacts 'containers' = {
    name: artifactContainer
    properties: { publicAccess: 'None' }
  }

  resource deployments 'containers' = {
    name: deploymentContainer
    properties: { publicAccess: 'None' }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = if (!empty(queues)) {
  parent: account
  name: 'default'

  resource queue 'queues' = [
    for queue in queues: {
      name: queue
    }
  ]
}

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-leftover-updates'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: ['${artifactContainer}/updates/']
            }
            actions: {
              baseBlob: {
                delete: { daysAfterModificationGreaterThan: updatesRetentionDays }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

output blobEndpoint string = account.properties.primaryEndpoints.blob
