# Finds a Python and makes environments; read by run.sh and test.sh, which set $project.

complain() {
    printf '%s\n' "$*" >&2
}

# Prints the first Python that is new enough and can make environments; says what is missing otherwise.
find_python() {
    too_old=
    without_venv=
    for python in python3.13 python3.12 python3.11 python3 python; do
        version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
        if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            too_old="$python $version"
        elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            without_venv="$python $version"
        else
            printf '%s\n' "$python"
            return 0
        fi
    done
    if [ -n "$without_venv" ]; then
        complain "$without_venv cannot make virtual environments: its venv module is missing."
        complain "On Debian and Ubuntu: apt-get install python3-venv. Then run this again."
    elif [ -n "$too_old" ]; then
        complain "manyeyes needs Python 3.11 or newer; here is only $too_old."
        complain "Install a newer one beside it (python3.12, say), then run this again."
    else
        complain "manyeyes needs Python 3.11 or newer, and there is no python3 here."
        complain "Install it (Debian and Ubuntu: apt-get install python3 python3-venv), then run this again."
    fi
    return 1
}

# make_environment FOLDER: an environment whose Python runs; an older or broken one is made anew.
make_environment() {
    "$1/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    python=$(find_python) || return 1
    complain "Making the environment ${1##*/} with $python ..."
    if ! "$python" -m venv --clear "$1" >&2; then
        complain "The environment $1 could not be made; what stands above says why."
        return 1
    fi
}

# install_once FOLDER NAME PIP-ARGUMENT...: installs, unless the very same was installed there before.
# What was installed depends on pyproject.toml, and an environment on the place where it lies.
install_once() {
    folder=$1
    stamp=$1/.installed-$2
    shift 2
    now="$project $* $(cksum <"$project/pyproject.toml")"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
        return 0
    fi
    complain "Installing into ${folder##*/} (once; this may take a minute) ..."
    if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2; then
        complain "Installing failed; what stands above says why. It needs a line to the Python package index."
        return 1
    fi
    printf '%s\n' "$now" >"$stamp"
}
