#!/bin/sh
# Analyzes pictures on a machine that has nothing but Python 3.11 or newer:
#
#     sh scripts/run.sh [SOURCE...]
#
# Makes an environment, installs manyeyes into it, and analyzes the sources (folders, pictures, ZIPs) with
# the embedded analyzer. With no source it draws a sample portfolio first. Options of `manyeyes analyze` may
# stand among the sources. Exits as that command does.
set -u

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$project/scripts/environment.sh"

make_environment "$project/.venv" || exit 1
install_once "$project/.venv" manyeyes --editable "$project" || exit 1
manyeyes=$project/.venv/bin/manyeyes

if [ "$#" -eq 0 ]; then
    sample=$project/sample-portfolio
    if [ ! -d "$sample" ]; then
        # Drawn beside its place and moved there whole, so that one cut short is not taken for done.
        rm -rf -- "$sample.part"
        "$manyeyes" sample "$sample.part" >/dev/null || exit
        mv -- "$sample.part" "$sample" || exit 1
        complain "Drew a sample portfolio into $sample."
    fi
    set -- "$sample"
fi

exec "$manyeyes" analyze --analyzer local "$@"
