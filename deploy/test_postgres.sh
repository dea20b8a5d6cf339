#!/bin/sh
# Starts a private PostgreSQL for tests and prints its URL; `stop DIR` ends it.
#
#   export SVC_TEST_POSTGRES="$(deploy/test_postgres.sh start)"
#   deploy/test_postgres.sh stop "$SVC_TEST_POSTGRES"
#
# It listens on a unix socket alone, keeps its files in a new temporary folder, and needs only the server's binaries
# (found on PATH or under /usr/lib/postgresql). As root it runs as the user `postgres`, because PostgreSQL refuses root.
# Durability is switched off unless SVC_TEST_POSTGRES_DURABLE is set: tests need speed, benchmarks need the truth.
set -eu

bin="$(dirname "$(command -v initdb 2>/dev/null || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)")"
if [ ! -x "$bin/initdb" ]; then
    echo "PostgreSQL's server is missing; on Debian: apt-get install postgresql" >&2
    exit 1
fi

as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

start() {
    folder="$(cd / && as_server mktemp -d "${TMPDIR:-/tmp}/svc-postgres-XXXXXX")"
    options="-c listen_addresses= -c unix_socket_directories=$folder -c max_connections=200"
    if [ -z "${SVC_TEST_POSTGRES_DURABLE:-}" ]; then
        options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    fi
    cd /
    as_server "$bin/initdb" --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
        >"$folder.log" 2>&1 || { cat "$folder.log" >&2; exit 1; }
    as_server "$bin/pg_ctl" --pgdata "$folder/data" --wait --timeout 60 --log "$folder/server.log" \
        --options "$options" start >"$folder.log" 2>&1 || { cat "$folder.log" "$folder/server.log" >&2; exit 1; }
    rm -f "$folder.log"
    echo "postgresql+psycopg://postgres@/postgres?host=$folder"
}

stop() {
    folder="${1##*host=}"
    cd /
    as_server "$bin/pg_ctl" --pgdata "$folder/data" --wait --mode immediate stop >/dev/null
    rm -rf "$folder"
}

case "${1:-}" in
start) start ;;
stop) stop "${2:?the URL or the folder}" ;;
*)
    echo "usage: $0 start | stop URL" >&2
    exit 2
    ;;
esac
