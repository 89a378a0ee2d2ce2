metadata description = 'A Durable Task Scheduler with a task hub for the Function app.'

import { roles } from 'roles.bicep'
import { Scheduler } from 'types.bicep'

@description('The scheduler\'s name.')
param name string

@description('The task hub\'s name.')
param taskHubName string

@description('The region: one that has the service.')
param location string

@description('Tags.')
param tags object

@description('Its size and who may connect.')
param scheduler Scheduler

@description('The name of the virtual network that it gets a private address in; empty for none.')
param networkName string

@description('The name of the identity that the Function app uses.')
param identityName string

resource service 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: union({ name: scheduler.sku }, scheduler.sku == 'Dedicated' ? { capacity: scheduler.?capacity ?? 1 } : {})
    publicNetworkAccess: empty(networkName) || scheduler.?ipAllowlist != null ? 'Enabled' : 'Disabled'
    // It can't be left out, and an empty list lets nobody in, not even by the private address.
    ipAllowlist: scheduler.?ipAllowlist ?? ['0.0.0.0/0']
  }

  resource hub 'taskHubs' = {
    name: taskHubName
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// Contributor, not Worker: the app also starts, ends and purges instances. On the hub, not the scheduler, which may have others.
resource contributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: service::hub
  name: guid(service::hub.id, identity.id, roles.durableTaskDataContributor)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.durableTaskDataContributor
    )
  }
}

module privateEndpoint 'privateEndpoint.bicep' = if (!empty(networkName)) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    networkName: networkName
    serviceId: service.id
    groupId: 'scheduler'
    zoneName: 'privatelink.durabletask.io'
  }
}

output endpoint string = service.properties.endpoint
