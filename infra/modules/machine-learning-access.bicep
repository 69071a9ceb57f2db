metadata description = 'What the functions may do in an Azure ML workspace. Deployed to the group of that workspace.'

param workspaceName string
param appPrincipalId string

@description('Makes the name of the custom role unique in the tenant.')
param resourceToken string

var roles = loadJsonContent('../roles.json')
var groupId = resourceGroup().id

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-06-01' existing = {
  name: workspaceName
}

// AzureML Data Scientist would also allow jobs, data, schedules and notebooks.
resource operator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(groupId, 'slipway-endpoint-operator', resourceToken)
  properties: {
    roleName: 'Slipway endpoint operator (${resourceToken})'
    description: 'Reads a workspace; manages its models, environments, online endpoints and their deployments.'
    type: 'CustomRole'
    assignableScopes: [
      groupId
    ]
    permissions: [
      {
        actions: [
          'Microsoft.MachineLearningServices/workspaces/read'
          'Microsoft.MachineLearningServices/workspaces/*/read'
          'Microsoft.MachineLearningServices/workspaces/models/*'
          'Microsoft.MachineLearningServices/workspaces/environments/*'
          'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/*'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource appOperatesEndpoints 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, appPrincipalId, operator.id)
  scope: workspace
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: operator.id
  }
}

resource appReadsMetrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, appPrincipalId, roles.monitoringReader)
  scope: workspace
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringReader)
  }
}

output workspaceId string = workspace.id
output location string = workspace.location
