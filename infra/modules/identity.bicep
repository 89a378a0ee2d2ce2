metadata description = 'A user-assigned identity: it outlives the app that uses it, so that its roles are in force before the app starts.'

@description('The identity\'s name.')
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output clientId string = identity.properties.clientId
