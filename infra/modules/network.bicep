metadata description = 'A virtual network in which the storage account has private addresses.'

@description('The network\'s name.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The address space.')
param addressPrefix string

@description('The storage account\'s name.')
param storageAccountName string

// Both the Flex Consumption plan and Container Apps run their instances in subnets delegated so; one subnet can't serve both.
var delegation = [{ name: 'environments', properties: { serviceName: 'Microsoft.App/environments' } }]
var storageServices = ['blob', 'queue', 'table']

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'functions'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 25, 0), delegations: delegation }
      }
      {
        name: 'workers'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 25, 1), delegations: delegation }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressPrefix, 25, 2), privateEndpointNetworkPolicies: 'Disabled' }
      }
    ]
  }
}

module storageEndpoints 'privateEndpoint.bicep' = [
  for service in storageServices: {
    params: {
      name: 'pe-${storageAccountName}-${service}'
      location: location
      tags: tags
      networkName: network.name
      serviceId: account.id
      groupId: service
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
    }
  }
]
