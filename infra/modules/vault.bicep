metadata description = 'The two secrets that no identity can replace, readable by the functions only.'

param location string
param tags object
param vaultName string
param appPrincipalId string
param logWorkspaceId string

@description('SHA-256, in hex, of the bearer token that clients show.')
@secure()
param accessTokenSha256 string

@description('32 bytes in base64 that encrypt channel secrets at rest.')
@secure()
param secretsKey string

var roles = loadJsonContent('../roles.json')

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
    publicNetworkAccess: 'Enabled'
  }
}

resource accessToken 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'access-token-sha256'
  properties: {
    value: accessTokenSha256
  }
}

resource key 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'secrets-key'
  properties: {
    value: secretsKey
  }
}

resource appReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appPrincipalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: vault
  properties: {
    workspaceId: logWorkspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
  }
}

output accessTokenUri string = '${vault.properties.vaultUri}secrets/${accessToken.name}'
output secretsKeyUri string = '${vault.properties.vaultUri}secrets/${key.name}'
