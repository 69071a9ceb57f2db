# Makes the secrets of this environment once.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
npm run --silent setup
npm exec --offline -- node infra/hooks/create-secrets.ts
