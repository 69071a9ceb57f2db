targetScope = 'subscription'

metadata description = 'Everything Slipway needs in Azure but the Event Grid subscriptions (subscriptions.bicep).'

@description('Name of the azd environment; part of every resource name.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything but an existing Azure ML workspace.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Who deploys. May upload models to the workspace that this creates. Empty: nobody.')
param principalId string = ''

@description('What the deployer is.')
@allowed([
  'User'
  'ServicePrincipal'
])
param principalType string = 'User'

@description('Resource id of an Azure ML workspace in the same subscription. Empty: one is created.')
param machineLearningWorkspaceId string = ''

@description('SHA-256, in hex, of the token that may do everything.')
@minLength(64)
@maxLength(64)
@secure()
param accessTokenSha256 string

@description('Entra tenant whose access tokens are taken. Empty: none are.')
param entraTenantId string = ''

@description('Client id of the app registration of Slipway in that tenant.')
param entraAudience string = ''

@description('32 bytes in base64 that encrypt channel secrets at rest.')
@minLength(44)
@maxLength(44)
@secure()
param secretsKey string

@description('Instance type of the deployments that rollouts create.')
param instanceType string = 'Standard_DS3_v2'

@description('Who makes the images of Python environments.')
@allowed([
  'wheels'
  'acr-tasks'
  'image'
])
param environmentBuilder string = 'wheels'

@description('Images by minor of Python, as in 3.11=<reference>@sha256:<hex>,3.12=…: what environments are built on. Empty: models of Python are refused.')
param environmentImages string = ''

@description('Image with Node 24 in the registry that is made here, as <repository>@sha256:<hex>: what images of onnx models are built on. Empty: endpoints cannot start them.')
param baseImage string = ''

@description('How long packages that nothing needs are kept, as in P90D. Empty: for ever.')
param packageRetention string = ''

@description('Id of a key in a vault of yours that images are signed with; the functions need Key Vault Crypto User on it. Empty: they are not signed.')
param signingKeyId string = ''

@description('Memory of one function instance in megabytes.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryInMb int = 2048

@description('Most function instances at a time.')
param maximumInstanceCount int = 40

@description('Days that logs are kept.')
param logRetentionInDays int = 30

@description('Gigabytes of logs a day.')
param logDailyQuotaGb int = 1

@description('Days that deleted and overwritten blobs can be brought back.')
param blobRetentionInDays int = 14

@description('Who gets the alerts. Empty: they show in the portal only.')
param alertEmail string = ''

@description('Monthly budget in the currency of the subscription.')
param budgetAmount int = 200

@description('First day of a month, as in 2026-01-01; can never be changed afterwards. Empty: no budget.')
param budgetStartDate string = ''

var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
  application: 'slipway'
}
var createsWorkspace = empty(machineLearningWorkspaceId)
var workspaceName = createsWorkspace ? 'mlw-${resourceToken}' : last(split(machineLearningWorkspaceId, '/'))
var workspaceGroupName = createsWorkspace ? groupName : split(machineLearningWorkspaceId, '/')[4]
var groupName = 'rg-${environmentName}'
var storageAccountName = 'st${resourceToken}'
var topicName = 'evgt-slipway-${resourceToken}'
var systemTopicName = 'evgst-slipway-${resourceToken}'
var registryTopicName = 'evgst-registry-${resourceToken}'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    appIdentityName: 'id-slipway-${resourceToken}'
    endpointIdentityName: 'id-endpoints-${resourceToken}'
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: 'log-${resourceToken}'
    componentName: 'appi-${resourceToken}'
    retentionInDays: logRetentionInDays
    dailyQuotaGb: logDailyQuotaGb
    appPrincipalId: identities.outputs.appPrincipalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: storageAccountName
    appPrincipalId: identities.outputs.appPrincipalId
    logWorkspaceId: monitoring.outputs.workspaceId
    blobRetentionInDays: blobRetentionInDays
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    location: location
    tags: tags
    accountName: 'cosmos-${resourceToken}'
    appPrincipalId: identities.outputs.appPrincipalId
    logWorkspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    vaultName: 'kv-${resourceToken}'
    appPrincipalId: identities.outputs.appPrincipalId
    logWorkspaceId: monitoring.outputs.workspaceId
    accessTokenSha256: accessTokenSha256
    secretsKey: secretsKey
  }
}

module registry 'modules/registry.bicep' = {
  name: 'registry'
  scope: group
  params: {
    location: location
    tags: tags
    registryName: 'cr${resourceToken}'
    mayDelete: !empty(packageRetention)
    appPrincipalId: identities.outputs.appPrincipalId
    endpointPrincipalId: identities.outputs.endpointPrincipalId
    logWorkspaceId: monitoring.outputs.workspaceId
    resourceToken: resourceToken
  }
}

module machineLearning 'modules/machine-learning.bicep' = if (createsWorkspace) {
  name: 'machine-learning'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    identityName: 'id-mlw-${resourceToken}'
    storageAccountName: 'stml${resourceToken}'
    vaultName: 'kvml-${resourceToken}'
    registryId: registry.outputs.id
    componentId: monitoring.outputs.componentId
    endpointPrincipalId: identities.outputs.endpointPrincipalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
  }
}

module machineLearningAccess 'modules/machine-learning-access.bicep' = {
  name: 'machine-learning-access-${resourceToken}'
  scope: resourceGroup(workspaceGroupName)
  params: {
    workspaceName: workspaceName
    appPrincipalId: identities.outputs.appPrincipalId
    resourceToken: resourceToken
  }
  dependsOn: [
    machineLearning
  ]
}

module events 'modules/events.bicep' = {
  name: 'events'
  scope: group
  params: {
    location: location
    tags: tags
    topicName: topicName
    systemTopicName: systemTopicName
    registryTopicName: registryTopicName
    machineLearningWorkspaceId: machineLearningAccess.outputs.workspaceId
    machineLearningLocation: machineLearningAccess.outputs.location
    registryId: registry.outputs.id
    storageAccountName: storage.outputs.name
    appPrincipalId: identities.outputs.appPrincipalId
    logWorkspaceId: monitoring.outputs.workspaceId
  }
}

module functions 'modules/functions.bicep' = {
  name: 'functions'
  scope: group
  params: {
    location: location
    tags: tags
    planName: 'plan-${resourceToken}'
    appName: 'func-${resourceToken}'
    identityId: identities.outputs.appId
    identityClientId: identities.outputs.appClientId
    deploymentContainerUrl: storage.outputs.deploymentContainerUrl
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    cosmosEndpoint: cosmos.outputs.endpoint
    cosmosDatabaseName: cosmos.outputs.databaseName
    topicEndpoint: events.outputs.topicEndpoint
    machineLearningWorkspaceId: machineLearningAccess.outputs.workspaceId
    machineLearningLocation: machineLearningAccess.outputs.location
    endpointIdentityId: identities.outputs.endpointId
    imageRegistry: registry.outputs.loginServer
    registryId: registry.outputs.id
    environmentBuilder: environmentBuilder
    environmentImages: environmentImages
    baseImage: baseImage
    packageRetention: packageRetention
    signingKeyId: signingKeyId
    instanceType: instanceType
    connectionString: monitoring.outputs.connectionString
    accessTokenUri: vault.outputs.accessTokenUri
    secretsKeyUri: vault.outputs.secretsKeyUri
    entraTenantId: entraTenantId
    entraAudience: entraAudience
    logWorkspaceId: monitoring.outputs.workspaceId
    instanceMemoryInMb: instanceMemoryInMb
    maximumInstanceCount: maximumInstanceCount
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    actionGroupName: 'ag-slipway-${resourceToken}'
    alertEmail: alertEmail
    topicIds: [
      events.outputs.topicId
      events.outputs.systemTopicId
      events.outputs.registryTopicId
    ]
    cosmosAccountId: cosmos.outputs.id
    logWorkspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (!empty(budgetStartDate)) {
  name: 'budget'
  scope: group
  params: {
    name: 'budget-${environmentName}'
    amount: budgetAmount
    startDate: budgetStartDate
    actionGroupId: alerts.outputs.actionGroupId
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = functions.outputs.name
output SERVICE_FUNCTIONS_URI string = functions.outputs.uri
output EVENT_GRID_TOPIC_NAME string = topicName
output EVENT_GRID_SYSTEM_TOPIC_NAME string = systemTopicName
output EVENT_GRID_REGISTRY_TOPIC_NAME string = registryTopicName
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output COSMOS_ENDPOINT string = cosmos.outputs.endpoint
output IMAGE_REGISTRY string = registry.outputs.loginServer
output AZURE_ML_WORKSPACE_ID string = machineLearningAccess.outputs.workspaceId
