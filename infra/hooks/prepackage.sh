#!/bin/sh
# Builds the bundle and lays out dist/package, which azd uploads.
set -eu
npm run build
npm exec --offline -- node infra/stage.ts
