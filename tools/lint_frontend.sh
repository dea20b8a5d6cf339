#!/bin/sh
# The committed form bundle is what its source builds: build again and compare. Needs node and npm.
set -eu
cd "$(dirname "$0")/.."
outputs="svclib/web/static/forms svclib/web/static/tokens.css svclib/web/static/page.css frontend/dist-oracle"
sums() { find $outputs -type f -exec sha256sum {} + | sort -k 2; }

command -v npm >/dev/null || { echo "form bundle: npm is missing (apt-get install nodejs npm)" >&2; exit 1; }
before="$(sums)"
(cd frontend && { [ -d node_modules ] || npm ci --silent; } && npm run --silent build >/dev/null && npm test --silent >/dev/null)
if [ "$(sums)" != "$before" ]; then
    echo "form bundle: what is committed is not what frontend/ builds; run 'make frontend' and commit" >&2
    exit 1
fi
echo "form bundle: rebuilt and equal"
