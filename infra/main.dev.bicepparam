// A deployment to try things out: nothing is kept ready, nothing is private, Durable Functions keeps its state in the storage account.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param deployerPrincipalId = empty(readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')) ? null : readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
