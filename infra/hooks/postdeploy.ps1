# Creates the Event Grid subscriptions: Azure checks each against a function that is deployed and indexed, which can
# take minutes after the upload.
$ErrorActionPreference = 'Stop'
foreach ($attempt in 1..6) {
  az deployment group create `
    --subscription $env:AZURE_SUBSCRIPTION_ID `
    --resource-group $env:AZURE_RESOURCE_GROUP `
    --name event-grid-subscriptions `
    --template-file infra/subscriptions.bicep `
    --parameters `
    functionAppName=$env:AZURE_FUNCTION_APP_NAME `
    topicName=$env:EVENT_GRID_TOPIC_NAME `
    systemTopicName=$env:EVENT_GRID_SYSTEM_TOPIC_NAME `
    registryTopicName=$env:EVENT_GRID_REGISTRY_TOPIC_NAME `
    storageAccountName=$env:STORAGE_ACCOUNT_NAME `
    --output none
  if ($LASTEXITCODE -eq 0) { exit 0 }
  Write-Host "The functions are not there yet: attempt $attempt of 6 failed"
  if ($attempt -lt 6) { Start-Sleep -Seconds 30 }
}
Write-Error 'The Event Grid subscriptions were not created. Run: azd hooks run postdeploy'
exit 1
