/** Every setting that has no default, as an installation in Azure has them. */
export const AZURE_CONFIG = {
  COSMOS_ENDPOINT: 'https://x.documents.azure.com',
  BLOB_ENDPOINT: 'https://x.blob.core.windows.net',
  QUEUE_ENDPOINT: 'https://x.queue.core.windows.net',
  EVENT_GRID_TOPIC_ENDPOINT: 'https://x.eventgrid.azure.net/api/events',
  AZURE_ML_WORKSPACE_ID: '/subscriptions/s',
  AZURE_LOCATION: 'westeurope',
  IMAGE_REGISTRY: 'x.azurecr.io',
  SECRETS_KEY: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  PUBLIC_URL: 'https://slipway.example',
  ACCESS_TOKEN_SHA256: 'a'.repeat(64),
};
