metadata description = 'The Flex Consumption plan, the function app and every setting it reads.'

param location string
param tags object
param planName string
param appName string
param identityId string
param identityClientId string
param deploymentContainerUrl string
param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param cosmosEndpoint string
param cosmosDatabaseName string
param topicEndpoint string
param machineLearningWorkspaceId string
param machineLearningLocation string
param endpointIdentityId string
param imageRegistry string
param registryId string
param environmentBuilder string
param environmentImages string
param baseImage string
param packageRetention string
param signingKeyId string
param instanceType string
param connectionString string
param accessTokenUri string
param secretsKeyUri string
param entraTenantId string
param entraAudience string
param logWorkspaceId string

@description('Memory of one instance in megabytes.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryInMb int

@description('Most instances at a time.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: location
  tags: union(tags, {
    'azd-service-name': 'functions'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: 'Enabled'
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'node'
        version: '24'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryInMb
        maximumInstanceCount: maximumInstanceCount
      }
    }
  }
}

// Flex Consumption takes runtime, version and package location from functionAppConfig: the settings of other plans
// for these are refused there.
resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    AzureWebJobsStorage__queueServiceUri: queueEndpoint
    AzureWebJobsStorage__tableServiceUri: tableEndpoint
    COSMOS__accountEndpoint: cosmosEndpoint
    COSMOS__credential: 'managedidentity'
    COSMOS__clientId: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: connectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    // Files go through the app as they are, and clients send up to 500 MB at once. The host's own limit is 100 MB.
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '10737418240'
    AZURE_CLIENT_ID: identityClientId
    AZURE_LOCATION: machineLearningLocation
    AZURE_ML_WORKSPACE_ID: machineLearningWorkspaceId
    ARM_ENDPOINT: 'https://${split(environment().resourceManager, '/')[2]}'
    COSMOS_ENDPOINT: cosmosEndpoint
    COSMOS_DATABASE: cosmosDatabaseName
    BLOB_ENDPOINT: blobEndpoint
    QUEUE_ENDPOINT: queueEndpoint
    EVENT_GRID_TOPIC_ENDPOINT: topicEndpoint
    ENDPOINT_IDENTITY_ID: endpointIdentityId
    IMAGE_REGISTRY: imageRegistry
    CONTAINER_REGISTRY_ID: registryId
    ENVIRONMENT_BUILDER: environmentBuilder
    ENVIRONMENT_IMAGES: environmentImages
    BASE_IMAGE: baseImage
    PACKAGE_RETENTION: packageRetention
    SIGNING_KEY_ID: signingKeyId
    INSTANCE_TYPE: instanceType
    ACCESS: 'token'
    ACCESS_TOKEN_SHA256: '@Microsoft.KeyVault(SecretUri=${accessTokenUri})'
    ENTRA_TENANT_ID: entraTenantId
    ENTRA_AUDIENCE: entraAudience
    ENTRA_AUTHORITY: environment().authentication.loginEndpoint
    SECRETS_KEY: '@Microsoft.KeyVault(SecretUri=${secretsKeyUri})'
    PUBLIC_URL: 'https://${app.properties.defaultHostName}'
  }
}

resource noFtpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noDeploymentPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: logWorkspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
