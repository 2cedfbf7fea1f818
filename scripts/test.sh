#!/bin/sh
# Passes the tests on a machine that has nothing but Python 3.11 or newer:
#
#     sh scripts/test.sh [--all] [PYTEST-ARGUMENT...]
#
# Makes the environments and installs what the tests need, without root. What cannot be had is skipped by
# name. `--all` also installs what needs root.
set -u

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$project/scripts/environment.sh"

all=no
if [ "${1-}" = --all ]; then
    all=yes
    shift
fi

# Programs of the system that some tests use, and the Debian packages that bring them.
system_programs() {
    for each in tmux:tmux chromium:chromium pg_virtualenv:postgresql; do
        program=${each%:*} package=${each#*:}
        command -v "$program" >/dev/null 2>&1 && continue
        if [ "$(id -u)" -ne 0 ]; then
            complain "Without $program: installing it needs root. Its tests are skipped."
        elif ! command -v apt-get >/dev/null 2>&1; then
            complain "Without $program: there is no apt-get here. Its tests are skipped."
        elif ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$package"; } >&2; then
            complain "Without $program: apt-get could not install it. Its tests are skipped."
        fi
    done
}

make_environment "$project/.venv" || exit 1
# Dependency groups are read by pip from 25.1 on; what comes with Python may be older.
install_once "$project/.venv" pip --upgrade 'pip>=25.1' || exit 1
install_once "$project/.venv" manyeyes --editable "$project" || exit 1
install_once "$project/.venv" dev --group "$project/pyproject.toml:dev" || exit 1

# Two major versions of one client cannot share an environment.
second=$project/.venv-replicate2
if ! { make_environment "$second" && install_once "$second" replicate2 --pre replicate==2.0.0b4; }; then
    complain "Without the official Replicate client 2.0.0b4: its tests are skipped."
    rm -rf -- "$second"
fi

if [ "$all" = yes ]; then
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    system_programs
    # pytest leaves out what takes long unless it is told the same.
    set -- --all "$@"
fi

# Many tests start a Python: compiling all of manyeyes each time would take longer than what they test.
unset PYTHONDONTWRITEBYTECODE

cd -- "$project" || exit 1
# Several at once, each taking from the others once it has nothing left to do; `-n 0`: one after another.
set -- "$project/.venv/bin/python" -m pytest -n auto --dist worksteal "$@"
if [ "$all" = yes ] && [ -z "${MANYEYES_TEST_POSTGRES-}" ] && pg_virtualenv -t true >/dev/null 2>&1; then
    # A PostgreSQL that is there for the tests alone.
    # shellcheck disable=SC2016 # the variables are those of the server
    exec pg_virtualenv -t -o fsync=off sh -c '
        MANYEYES_TEST_POSTGRES="postgresql+psycopg://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/postgres"
        export MANYEYES_TEST_POSTGRES
        exec "$@"' tests "$@"
fi
exec "$@"
