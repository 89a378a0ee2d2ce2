targetScope = 'subscription'

metadata description = 'FlDurable on Azure: a resource group with a Function app, its storage, identity and telemetry; optionally a private network, a Durable Task Scheduler and a pool of workers.'

import { Network, Scheduler, WorkerPool } from 'modules/types.bicep'

@description('Names this deployment and what is in it: 1 to 20 letters, digits and dashes, the last no dash. azd gives AZURE_ENV_NAME.')
@minLength(1)
@maxLength(20)
param environmentName string

@description('The region of everything: one with the Flex Consumption plan.')
@minLength(1)
param location string

@description('How often and how far apart the storage account keeps its data.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('After how many days a leftover under updates/ is deleted.')
@minValue(1)
@maxValue(365)
param updatesRetentionDays int = 7

@description('MB of memory an instance of the Function app: 512, 2,048 (one core) or 4,096 (two).')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The most instances of the Function app.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances kept ready for HTTP requests; 0 scales to zero.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttp int = 0

@description('Instances kept ready for orchestrators and activities; 0 scales to zero.')
@minValue(0)
@maxValue(20)
param alwaysReadyDurable int = 0

@description('For how many days telemetry is kept.')
@minValue(30)
@maxValue(730)
param telemetryRetentionDays int = 30

@description('How many GB of telemetry a day are taken, so that no fault costs without end; what comes after them that day is lost, alerts among it. -1 for any number.')
@minValue(-1)
param telemetryDailyGB int = 1

@description('Who is written to when a federation fails, rounds end no more, or many clients fail; nobody for no alerts.')
param alertEmails string[] = []

@description('Put everything in a virtual network and close the storage account and the scheduler to the outside; null for no network.')
param network Network?

@description('Keep Durable Functions\' state in a Durable Task Scheduler; null for the storage account.')
param scheduler Scheduler?

@description('Who deploys and looks: the object id of a person, group or service principal that gets at artifacts and task hub; null for nobody. azd gives AZURE_PRINCIPAL_ID.')
param deployerPrincipalId string?

@description('Run workers for the training queue; null for none.')
param workerPool WorkerPool?

var tags = { 'azd-env-name': environmentName, application: 'fldurable' }
var token = uniqueString(subscription().id, environmentName, location)
var names = {
  group: 'rg-fldurable-${environmentName}'
  storage: 'fldurable${token}'
  app: 'func-fldurable-${token}'
  plan: 'plan-fldurable-${environmentName}'
  identity: 'id-fldurable-${environmentName}'
  workspace: 'log-fldurable-${environmentName}'
  component: 'appi-fldurable-${environmentName}'
  actionGroup: 'ag-fldurable-${environmentName}'
  network: 'vnet-fldurable-${environmentName}'
  scheduler: 'dts-fldurable-${environmentName}'
  workerIdentity: 'id-fldurable-worker-${environmentName}'
  workerEnvironment: toLower('cae-fldurable-${environmentName}') // Container Apps' names are lower case
  worker: toLower('ca-worker-${environmentName}')
}
var artifactContainer = 'fldurable'
var deploymentContainer = 'deployments'
// host.json's hubName.
var taskHub = 'FlDurable'
var queues = { training: 'training', results: 'training-results' }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: names.group
  location: location
  tags: tags
}

var subnets = '${group.id}/providers/Microsoft.Network/virtualNetworks/${names.network}/subnets'

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.storage
    location: location
    tags: tags
    sku: storageSku
    artifactContainer: artifactContainer
    deploymentContainer: deploymentContainer
    updatesRetentionDays: updatesRetentionDays
    queues: workerPool == null ? [] : [queues.training, queues.results]
    publicNetworkAccess: network == null
  }
}

module storageRoles 'modules/storageRoles.bicep' = {
  scope: group
  params: {
    storageAccountName: names.storage
    identityName: names.identity
    queues: scheduler == null || workerPool != null
  }
  dependsOn: [identity, storage]
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    componentName: names.component
    location: location
    tags: tags
    retentionInDays: telemetryRetentionDays
    dailyQuotaGB: telemetryDailyGB
    identityName: names.identity
  }
  dependsOn: [identity]
}

module alerts 'modules/alerts.bicep' = if (!empty(alertEmails)) {
  scope: group
  params: {
    actionGroupName: names.actionGroup
    workspaceName: names.workspace
    location: location
    tags: tags
    emails: alertEmails
  }
  dependsOn: [monitoring]
}

module privateNetwork 'modules/network.bicep' = if (network != null) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: tags
    addressPrefix: network!.addressPrefix
    storageAccountName: names.storage
  }
  dependsOn: [storage]
}

module durableTask 'modules/scheduler.bicep' = if (scheduler != null) {
  scope: group
  params: {
    name: names.scheduler
    taskHubName: taskHub
    location: location
    tags: tags
    scheduler: scheduler!
    networkName: network == null ? '' : names.network
    identityName: names.identity
  }
  dependsOn: [identity, privateNetwork]
}

module deployerRoles 'modules/deployerRoles.bicep' = if (deployerPrincipalId != null) {
  scope: group
  params: {
    principalId: deployerPrincipalId!
    storageAccountName: names.storage
    artifactContainer: artifactContainer
    schedulerName: scheduler == null ? '' : names.scheduler
    taskHubName: taskHub
  }
  dependsOn: [storage, durableTask]
}

module functionApp 'modules/functionApp.bicep' = {
  scope: group
  params: {
    planName: names.plan
    name: names.app
    location: location
    tags: tags
    identityName: names.identity
    storageAccountName: names.storage
    artifactContainer: artifactContainer
    deploymentContainer: deploymentContainer
    componentName: names.component
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttp: alwaysReadyHttp
    alwaysReadyDurable: alwaysReadyDurable
    subnetId: network == null ? '' : '${subnets}/functions'
    extraSettings: union(
      // The function that waits for workers' results waits only where there are some: nobody else may read the queue.
      workerPool == null
        ? { AzureWebJobs__TellWork__Disabled: 'true' }
        : { FLDURABLE_QUEUES: 'https://${names.storage}.queue.${environment().suffixes.storage}/' },
      // host.json names the storage account; settings of this form override it.
      scheduler == null
        ? {}
        : {
            DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${durableTask!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.outputs.clientId}'
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
            AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
          }
    )
  }
  dependsOn: [storageRoles, monitoring, privateNetwork]
}

module workerIdentity 'modules/identity.bicep' = if (workerPool != null) {
  scope: group
  params: { name: names.workerIdentity, location: location, tags: tags }
}

module workers 'modules/workerPool.bicep' = if (workerPool != null) {
  scope: group
  params: {
    environmentName: names.workerEnvironment
    name: names.worker
    location: location
    tags: tags
    pool: workerPool!
    identityName: names.workerIdentity
    storageAccountName: names.storage
    artifactContainer: artifactContainer
    trainingQueue: queues.training
    resultsQueue: queues.results
    workspaceName: names.workspace
    subnetId: network == null ? '' : '${subnets}/workers'
  }
  dependsOn: [storage, monitoring, workerIdentity, privateNetwork]
}

@description('Where the HTTP API is.')
output AZURE_FUNCTION_APP_URL string = functionApp.outputs.url

@description('The Function app\'s name.')
output AZURE_FUNCTION_APP_NAME string = names.app

@description('Where the artifacts are, as the app and the command line take it: to be opened by identity.')
output FLDURABLE_STORAGE string = '${storage.outputs.blobEndpoint}${artifactContainer}'

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name
