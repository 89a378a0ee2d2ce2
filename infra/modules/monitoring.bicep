metadata description = 'Application Insights on a Log Analytics workspace; both take telemetry from identities only.'

import { roles } from 'roles.bicep'

@description('The name of the Log Analytics workspace.')
param workspaceName string

@description('The name of the Application Insights component.')
param componentName string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('For how many days telemetry is kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('How many GB of telemetry a day are taken; what comes after them that day is lost. -1 for any number.')
@minValue(-1)
param dailyQuotaGB int

@description('The name of the identity that sends telemetry.')
param identityName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGB }
    features: { disableLocalAuth: true }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

// A workbook's name is a GUID.
resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(component.id, 'federations')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Federations'
    category: 'workbook'
    sourceId: workspace.id
    serializedData: loadTextContent('workbook.json')
  }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, identity.id, roles.monitoringMetricsPublisher)
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
  }
}
