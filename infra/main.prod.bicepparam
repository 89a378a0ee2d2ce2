// A deployment that people rely on: data in three zones, two cores an instance, a private network, an HTTP API that answers at once.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param storageSku = 'Standard_ZRS'
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
param alwaysReadyHttp = 1
param telemetryRetentionDays = 90
param network = { addressPrefix: '10.20.0.0/20' }
