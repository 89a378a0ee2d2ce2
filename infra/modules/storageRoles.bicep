metadata description = 'What the Function app\'s identity may do in the storage account.'

import { roles } from 'roles.bicep'

@description('The storage account\'s name.')
param storageAccountName string

@description('The identity\'s name.')
param identityName string

@description('Whether the app uses queues: Durable Functions\' own, when its state is in this account, or the worker pool\'s.')
param queues bool

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// On the account, not on containers: the Functions host and Durable Functions make containers, queues and tables under names of their
// own. Blob Data Owner is what Microsoft documents as the least for AzureWebJobsStorage by identity (leases, keys, the deployed
// package); it covers the artifacts, for which Contributor would do. Tables are for diagnostic events of the host and for Durable
// Functions' history; Queue Data Contributor, not Message Processor, since Durable Functions makes queues and renews messages.
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
var roleIds = concat(
  [roles.storageBlobDataOwner, roles.storageTableDataContributor],
  queues ? [roles.storageQueueDataContributor] : []
)

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for roleId in roleIds: {
    scope: account
    name: guid(account.id, identity.id, roleId)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    }
  }
]
