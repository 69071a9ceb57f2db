#!/bin/sh
# Creates the Event Grid subscriptions: Azure checks each against a function that is deployed and indexed, which can
# take minutes after the upload.
set -eu
attempt=1
until az deployment group create \
  --subscription "$AZURE_SUBSCRIPTION_ID" \
  --resource-group "$AZURE_RESOURCE_GROUP" \
  --name event-grid-subscriptions \
  --template-file infra/subscriptions.bicep \
  --parameters \
  functionAppName="$AZURE_FUNCTION_APP_NAME" \
  topicName="$EVENT_GRID_TOPIC_NAME" \
  systemTopicName="$EVENT_GRID_SYSTEM_TOPIC_NAME" \
  registryTopicName="$EVENT_GRID_REGISTRY_TOPIC_NAME" \
  storageAccountName="$STORAGE_ACCOUNT_NAME" \
  --output none; do
  if [ "$attempt" -ge 6 ]; then
    echo 'The Event Grid subscriptions were not created. Run: azd hooks run postdeploy' >&2
    exit 1
  fi
  attempt=$((attempt + 1))
  echo "The functions are not there yet: attempt $attempt in 30 s"
  sleep 30
done
