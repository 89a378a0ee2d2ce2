// A deployment that people rely on: data in three zones, two cores an instance, a private network, an HTTP API that answers at once,
// Durable Functions' state in a Durable Task Scheduler.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param deployerPrincipalId = empty(readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')) ? null : readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param storageSku = 'Standard_ZRS'
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
param alwaysReadyHttp = 1
param telemetryRetentionDays = 90
param telemetryDailyGB = 5
param network = { addressPrefix: '10.20.0.0/20' }

// By the action, with nothing to pay while no federation runs. docs/azure.md says why a scheduler, and when a dedicated one.
param scheduler = { sku: 'Consumption' }
