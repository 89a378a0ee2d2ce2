metadata description = 'E-mails when a federation fails, when rounds end no more, and when many clients fail; from metrics alone.'

@description('The name of the action group.')
@minLength(1)
param actionGroupName string

@description('The name of the Log Analytics workspace that has the metrics.')
param workspaceName string

@description('The region.')
param location string

@description('Tags.')
param tags object

@description('Who is written to.')
@minLength(1)
param emails string[]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'fldurable'
    emailReceivers: [for email in emails: { name: email, emailAddress: email, useCommonAlertSchema: true }]
  }
}

// Each query has a row if there is something to tell.
var rules = [
  {
    name: 'federation-failed'
    description: 'A federation has failed; its result and the logs say why.'
    severity: 1
    window: 'PT15M' // metrics come minutes late
    every: 'PT5M'
    query: 'AppMetrics | where Name == "fldurable.federations" and tostring(Properties.status) == "failed" | summarize failed = sum(Sum) | where failed > 0'
  }
  {
    name: 'no-progress'
    description: 'Since the last federation ended something was begun, and no round was recorded for an hour.'
    severity: 2
    window: 'P1D' // also what has ended all activity is to be seen
    every: 'PT15M'
    query: 'AppMetrics | where Name == "fldurable.activity.duration" | extend activity = tostring(Properties.activity) | summarize first = min(TimeGenerated), begun = maxif(TimeGenerated, activity !in ("CompleteFederation", "CleanUpRound", "BeginNotification", "SendNotification")), recorded = maxif(TimeGenerated, activity == "RecordRound"), ended = maxif(TimeGenerated, activity == "CompleteFederation") | where begun > coalesce(ended, datetime(1970-01-01)) + 2m and max_of(coalesce(recorded, first), coalesce(ended, first)) < ago(1h)'
  }
  {
    name: 'clients-failing'
    description: 'Of the clients that were waited for in an hour, one in five failed.'
    severity: 2
    window: 'PT1H'
    every: 'PT15M'
    query: 'AppMetrics | where Name == "fldurable.clients" | summarize failed = sumif(Sum, tostring(Properties.outcome) == "failed"), clients = sum(Sum) | where failed > 0.2 * clients'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    properties: {
      displayName: rule.name
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      windowSize: rule.window
      evaluationFrequency: rule.every
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]
