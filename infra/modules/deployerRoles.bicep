metadata description = 'What whoever deploys may do with the data: look at artifacts and at the task hub, and run the app on their machine with these artifacts.'

import { roles } from 'roles.bicep'

@description('The object id of the person, group or service principal.')
param principalId string

@description('The storage account\'s name.')
param storageAccountName string

@description('The container of all artifacts.')
param artifactContainer string

@description('The scheduler\'s name; empty for none.')
param schedulerName string

@description('The task hub\'s name.')
param taskHubName string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource artifacts 'containers' existing = {
      name: artifactContainer
    }
  }
}

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' existing = if (!empty(schedulerName)) {
  name: schedulerName

  resource hub 'taskHubs' existing = {
    name: taskHubName
  }
}

// Contributor, not Reader: an app that runs on the deployer's machine with the settings that azd writes makes artifacts here. On the one
// container, not the account: the others hold the Functions host's keys and the deployed package.
// The kind of principal is left for Azure to look up, so that a person and a pipeline are given the same way.
resource artifactRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::artifacts
  name: guid(account::blobs::artifacts.id, principalId, roles.storageBlobDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

// What the scheduler's dashboard asks for, even of those who only look.
// https://learn.microsoft.com/azure/durable-task/scheduler/durable-task-scheduler-dashboard
resource hubRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(schedulerName)) {
  scope: scheduler::hub
  name: guid(scheduler::hub.id, principalId, roles.durableTaskDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.durableTaskDataContributor
    )
  }
}
