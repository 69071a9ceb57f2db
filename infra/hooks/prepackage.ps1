# Builds the bundle and lays out dist/package, which azd uploads.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
npm run build
npm exec --offline -- node infra/stage.ts
