#!/bin/sh
# Finds a Python for chatrec and prints its path; Debian packages that `run` or `test` ($1) needs and that are missing
# are installed when root asks, else named in one line.
set -eu

suits() { # a Python of a version that chatrec runs on
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

python=""
find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if suits "$name"; then
            python=$("$name" -c 'import sys; print(sys.executable)')
            "$python" -c 'import ensurepip' 2>/dev/null && return
        fi
    done
}

missing() { # one name a word
    find_python
    if [ -z "$python" ]; then
        echo python3 python3-venv libgomp1 libstdc++6
    else
        # Debian's own Python comes without what makes environments; others bring it along.
        "$python" -c 'import ensurepip' 2>/dev/null || basename "$python-venv"
        for library in libgomp.so.1=libgomp1 libstdc++.so.6=libstdc++6; do
            "$python" -c "import ctypes; ctypes.CDLL('${library%=*}')" 2>/dev/null || echo "${library#*=}"
        done
    fi
    [ "$1" = test ] || return 0
    command -v chromium >/dev/null || echo chromium
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
}

packages=$(missing "$1" | xargs)
if [ -n "$packages" ]; then
    line="apt-get install --yes --no-install-recommends $packages"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Something of the system is missing. Install it, and try again:" >&2
        echo "    sudo $line" >&2
        exit 1
    fi
    echo "$line" >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update --quiet --quiet && $line; } >&2
fi

find_python
if [ -z "$python" ]; then
    echo "No Python 3.11, 3.12 or 3.13 was found. Name one: make run PYTHON=/path/to/python3.12" >&2
    exit 1
fi
echo "$python"
