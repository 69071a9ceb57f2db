metadata description = 'The identity the functions act as, and the one endpoints pull images with.'

param location string
param tags object
param appIdentityName string
param endpointIdentityName string

var roles = loadJsonContent('../roles.json')

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: appIdentityName
  location: location
  tags: tags
}

resource endpoint 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: endpointIdentityName
  location: location
  tags: tags
}

// The app gives this identity to the endpoints that it creates.
resource appMayAssignEndpointIdentity 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(endpoint.id, app.id, roles.managedIdentityOperator)
  scope: endpoint
  properties: {
    principalId: app.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.managedIdentityOperator)
  }
}

output appId string = app.id
output appClientId string = app.properties.clientId
output appPrincipalId string = app.properties.principalId
output endpointId string = endpoint.id
output endpointPrincipalId string = endpoint.properties.principalId
