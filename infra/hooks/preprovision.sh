#!/bin/sh
# Makes the secrets of this environment once.
set -eu
npm run --silent setup
npm exec --offline -- node infra/hooks/create-secrets.ts
