#!/usr/bin/env bash
# Installs what is missing for the parts named as arguments: rust, python, packages, node.
# Safe to repeat, and quick when all is there. Debian or a relative of it is assumed for
# packages of the system; on others it says what to install.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

apt_install() {
    command -v apt-get >/dev/null || fail "please install $* with the package manager of this system"
    say "installing $*"
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Runs a command unless it has run for the present content of FILE: once FILE STAMP COMMAND...
once() {
    local file=$1 stamp=$2 now
    shift 2
    now=$(sha256sum <"$file")
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
    "$@"
    echo "$now" >"$stamp"
}

setup_rust() {
    command -v cargo >/dev/null || fail "Rust is missing: see https://rustup.rs"
    # SQLite is compiled from source.
    command -v cc >/dev/null || apt_install build-essential
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

setup_python() {
    command -v python3 >/dev/null || apt_install python3 python3-venv
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or later is needed"
    if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
        say "making .venv"
        python3 -m venv --clear .venv
    fi
    once tests/requirements.txt .venv/.installed \
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
}

# Where the wheel of the Python packages is installed and tested. Another set of requirements makes it anew.
setup_packages() {
    local venv=target/python
    mkdir -p target
    cat tests/python/requirements.txt tests/python/constraints.txt >target/python-packages.txt
    once target/python-packages.txt $venv/.installed make_packages_venv $venv
}

make_packages_venv() {
    say "making $1"
    python3 -m venv --clear "$1"
    "$1"/bin/python -m pip install --quiet --disable-pip-version-check \
        -r tests/python/requirements.txt -c tests/python/constraints.txt
}

setup_node() {
    command -v npm >/dev/null || fail "Node 20 or later with npm is needed for the tests with the official clients"
    local folder
    for folder in tests/clients/node tests/clients/instant_cli; do
        once "$folder/package-lock.json" "$folder/node_modules/.installed" \
            npm ci --prefix "$folder" --no-audit --no-fund --loglevel error
    done
}

# Two targets of one `make -j` may get here at once.
exec 9>"${TMPDIR:-/tmp}/ketch-setup-$(id -u).lock"
command -v flock >/dev/null && flock 9

for part in "${@:-rust}"; do
    case $part in
        rust | python | packages | node) "setup_$part" ;;
        *) fail "unknown part \`$part\`: rust, python, packages or node" ;;
    esac
done
