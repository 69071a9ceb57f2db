metadata description = 'An Azure ML workspace with storage and a vault of its own, for who has none yet.'

param location string
param tags object
param workspaceName string
param identityName string
param storageAccountName string
param vaultName string
param registryId string
param componentId string
param endpointPrincipalId string

@description('Person or service that deploys; may upload models. Empty: nobody.')
param deployerPrincipalId string

@description('What the deployer is.')
@allowed([
  'User'
  'ServicePrincipal'
])
param deployerPrincipalType string

var roles = loadJsonContent('../roles.json')
var identityRolesOnStorage = [
  roles.contributor
  roles.storageBlobDataContributor
  roles.storageFileDataPrivilegedContributor
]
var identityRolesOnVault = [
  roles.contributor
  roles.keyVaultAdministrator
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: storageAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 7
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' existing = {
  name: last(split(registryId, '/'))
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: last(split(componentId, '/'))
}

resource identityUsesStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in identityRolesOnStorage: {
  name: guid(storage.id, identity.id, role)
  scope: storage
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

resource identityUsesVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for role in identityRolesOnVault: {
  name: guid(vault.id, identity.id, role)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
  }
}]

resource identityUsesRegistry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, roles.contributor)
  scope: registry
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}

resource identityUsesComponent 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(component.id, identity.id, roles.contributor)
  scope: component
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}

resource endpointsReadModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, endpointPrincipalId, roles.storageBlobDataReader)
  scope: storage
  properties: {
    principalId: endpointPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource deployerUploadsModels 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(storage.id, deployerPrincipalId, roles.storageBlobDataContributor)
  scope: storage
  properties: {
    principalId: deployerPrincipalId
    principalType: deployerPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
  }
}

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-06-01' = {
  name: workspaceName
  location: location
  tags: tags
  kind: 'Default'
  sku: {
    name: 'Basic'
    tier: 'Basic'
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    friendlyName: workspaceName
    primaryUserAssignedIdentity: identity.id
    storageAccount: storage.id
    keyVault: vault.id
    containerRegistry: registryId
    applicationInsights: componentId
    publicNetworkAccess: 'Enabled'
    systemDatastoresAuthMode: 'Identity'
    v1LegacyMode: false
  }
  dependsOn: [
    identityUsesStorage
    identityUsesVault
    identityUsesRegistry
    identityUsesComponent
  ]
}

resource identityUsesWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, identity.id, roles.contributor)
  scope: workspace
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.contributor)
  }
}
