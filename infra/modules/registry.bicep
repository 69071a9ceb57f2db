metadata description = 'The registry of packaged models: the functions push and build environments, endpoints pull.'

param location string
param tags object
param registryName string
param appPrincipalId string
param endpointPrincipalId string
param logWorkspaceId string

@description('Whether the functions remove packages that nothing needs.')
param mayDelete bool

@description('Makes the name of the custom role unique in the tenant.')
param resourceToken string

var roles = loadJsonContent('../roles.json')
var groupId = resourceGroup().id

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: registryName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: 'Enabled'
  }
}

resource appPushes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, appPrincipalId, roles.acrPush)
  scope: registry
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPush)
  }
}

resource appDeletes 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (mayDelete) {
  name: guid(registry.id, appPrincipalId, roles.acrDelete)
  scope: registry
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrDelete)
  }
}

// No built-in role is as narrow: Contributor would also change and delete the registry.
resource environmentBuilder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(groupId, 'slipway-environment-builder', resourceToken)
  properties: {
    roleName: 'Slipway environment builder (${resourceToken})'
    description: 'Runs builds in a container registry and reads how they went.'
    type: 'CustomRole'
    assignableScopes: [
      groupId
    ]
    permissions: [
      {
        actions: [
          'Microsoft.ContainerRegistry/registries/listBuildSourceUploadUrl/action'
          'Microsoft.ContainerRegistry/registries/scheduleRun/action'
          'Microsoft.ContainerRegistry/registries/runs/read'
          'Microsoft.ContainerRegistry/registries/runs/listLogSasUrl/action'
          'Microsoft.ContainerRegistry/registries/runs/cancel/action'
          'Microsoft.ContainerRegistry/registries/agentpools/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource appBuildsEnvironments 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, appPrincipalId, environmentBuilder.id)
  scope: registry
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: environmentBuilder.id
  }
}

resource endpointsPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, endpointPrincipalId, roles.acrPull)
  scope: registry
  properties: {
    principalId: endpointPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.acrPull)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: registry
  properties: {
    workspaceId: logWorkspaceId
    logs: [
      {
        category: 'ContainerRegistryRepositoryEvents'
        enabled: true
      }
      {
        category: 'ContainerRegistryLoginEvents'
        enabled: true
      }
    ]
  }
}

output id string = registry.id
output loginServer string = registry.properties.loginServer
