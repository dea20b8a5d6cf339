#!/bin/sh
# Runs every notebook on a small demonstration bank, in process. $1: the Python of the environment.
set -eu
cd "$(dirname "$0")/.."
python="$1"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
SVC_HOME="$folder" SVC_STORE="sqlite:///$folder/svc.sqlite" "$python" -m svclib demo --scale 0.1 >/dev/null 2>&1
SVC_HOME="$folder" SVC_URL="sqlite:///$folder/svc.sqlite" "$python" -m pytest --nbval-lax notebooks \
    -c /dev/null --rootdir . -p no:cacheprovider -q
