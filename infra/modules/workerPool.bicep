metadata description = 'Containers that drain the training queue: none while it is empty, then as many as there are messages.'

import { roles } from 'roles.bicep'
import { WorkerPool } from 'types.bicep'

@description('The name of the Container Apps environment.')
param environmentName string

@description('The container app\'s name.')
@minLength(2)
@maxLength(32)
param name string

@description('The region: one that has the GPU.')
param location string

@description('Tags.')
param tags object

@description('Image, profile and limit.')
param pool WorkerPool

@description('The name of the workers\' own identity.')
param identityName string

@description('The storage account\'s name.')
param storageAccountName string

@description('The container of all artifacts.')
param artifactContainer string

@description('The queue of work.')
param trainingQueue string

@description('The queue of results.')
param resultsQueue string

@description('The name of the Log Analytics workspace.')
param workspaceName string

@description('The subnet that the workers run in; empty for none.')
param subnetId string

// All that the profile has, so that a replica has a GPU to itself.
var sizes = {
  'Consumption-GPU-NC8as-T4': { cpu: 8, memory: '56Gi' }
  'Consumption-GPU-NC24-A100': { cpu: 24, memory: '220Gi' }
  Consumption: { cpu: 4, memory: '8Gi' }
}

var gpu = pool.profile != 'Consumption'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource artifacts 'containers' existing = {
      name: artifactContainer
    }
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource training 'queues' existing = {
      name: trainingQueue
    }

    resource results 'queues' existing = {
      name: resultsQueue
    }
  }
}

// The workers' identity gets to the artifacts and two queues, not to what the Functions host keeps in the same account.
resource artifactRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::artifacts
  name: guid(account::blobs::artifacts.id, identity.id, roles.storageBlobDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

// Contributor, since Message Processor can neither renew a message (messages/write) nor tell the scale rule how long the queue is.
resource trainingRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::queueService::training
  name: guid(account::queueService::training.id, identity.id, roles.storageQueueDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
  }
}

resource resultsRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::queueService::results
  name: guid(account::queueService::results.id, identity.id, roles.storageQueueDataMessageSender)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataMessageSender
    )
  }
}

resource containers 'Microsoft.App/managedEnvironments@2025-01-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // By diagnostic settings: the workspace takes no shared key.
    appLogsConfiguration: { destination: 'azure-monitor' }
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId, internal: true }
    workloadProfiles: concat(
      [{ name: 'Consumption', workloadProfileType: 'Consumption' }],
      gpu ? [{ name: 'gpu', workloadProfileType: pool.profile }] : []
    )
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: containers
  name: 'logs'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

resource worker 'Microsoft.App/containerApps@2025-01-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    environmentId: containers.id
    workloadProfileName: gpu ? 'gpu' : 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      registries: empty(pool.?registryServer) ? [] : [{ server: pool.registryServer!, identity: identity.id }]
    }
    template: {
      // The longest that there is. A replica that is ended all the same leaves its message to another.
      terminationGracePeriodSeconds: 600
      containers: [
        {
          name: 'worker'
          image: pool.image
          args: ['--listen', 'http://*:8080']
          resources: { cpu: sizes[pool.profile].cpu, memory: sizes[pool.profile].memory }
          env: [
            { name: 'FLDURABLE_STORAGE', value: '${account.properties.primaryEndpoints.blob}${artifactContainer}' }
            { name: 'FLDURABLE_QUEUES', value: account.properties.primaryEndpoints.queue }
            { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
            { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
          ]
          // One whose storage has not answered it for ten minutes is started anew; what is away for less, it waits for by itself.
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/health/ready', port: 8080 }
              periodSeconds: 60
              failureThreshold: 10
            }
          ]
        }
      ]
      scale: {
        minReplicas: 0
        maxReplicas: pool.maxReplicas
        rules: [
          {
            name: 'training-queue'
            custom: {
              type: 'azure-queue'
              metadata: {
                accountName: account.name
                queueName: trainingQueue
                queueLength: '1'
                // Messages that are being worked on count: their worker must stay.
                queueLengthStrategy: 'all'
              }
              identity: identity.id
            }
          }
        ]
      }
    }
  }
  dependsOn: [artifactRole, trainingRole, resultsRole]
}
