metadata description = 'The Function app that orchestrates, on the Flex Consumption plan: no instance while there is nothing to do.'

@description('The name of the plan.')
param planName string

@description('The app\'s name, unique in Azure: the first label of its host name.')
@minLength(2)
@maxLength(60)
param name string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('The name of the identity that the app uses for everything.')
param identityName string

@description('The storage account\'s name.')
param storageAccountName string

@description('The container of all artifacts.')
param artifactContainer string

@description('The container that the package is deployed to.')
param deploymentContainer string

@description('The name of the Application Insights component.')
param componentName string

@description('MB of memory an instance; its share of cores goes with it (2,048: one core, 4,096: two).')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('The most instances at a time: what bounds the cost.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances that are kept ready for HTTP requests, and paid for; 0 scales to zero.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int

@description('Instances that are kept ready for orchestrators and activities, and paid for; 0 scales to zero.')
@minValue(0)
@maxValue(20)
param alwaysReadyDurable int

@description('The subnet that the app runs in; empty for none.')
param subnetId string

@description('App settings besides those that every app has.')
param extraSettings object

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: storageAccountName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

var alwaysReady = filter(
  [
    { name: 'http', instanceCount: alwaysReadyHttp }
    // Orchestrators and activities scale as one group of this name.
    { name: 'durable', instanceCount: alwaysReadyDurable }
  ],
  group => group.instanceCount > 0
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true // Linux
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // How azd finds where to deploy azure.yaml's service.
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${deploymentContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(
      {
        // The host's own storage, and with it Durable Functions', by identity.
        AzureWebJobsStorage__accountName: account.name
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity.properties.clientId
        // Data sets on the instance's own disk, which ends with it.
        FLDURABLE_CACHE: '/tmp/fldurable'
        // The artifact store, by the same identity: DefaultAzureCredential reads the next two.
        FLDURABLE_STORAGE: '${account.properties.primaryEndpoints.blob}${artifactContainer}'
        AZURE_CLIENT_ID: identity.properties.clientId
        AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
        APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      },
      extraSettings
    )
  }

  // Deployment signs in by identity; a publishing password would be a second way in.
  resource scmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource ftpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }
}

output url string = 'https://${app.properties.defaultHostName}'
