#!/usr/bin/env bash
# Install Debian packages, or say plainly which are missing and what that means. usage: scripts/debian.sh PACKAGE...
# PACKAGE may be ONE|OTHER: the first that there is, unless one of them is installed.
set -euo pipefail
missing=()
for package in "$@"; do
    # shellcheck disable=SC2086
    { dpkg-query --show --showformat='${db:Status-Status}\n' ${package//|/ } 2>/dev/null || true; } | grep --quiet '^installed$' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "error: not a Debian system; please install what these packages hold: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo --non-interactive true 2>/dev/null; then
        echo "error: please run, then try again:  sudo apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "== installing Debian packages: ${missing[*]}"
log=$(mktemp) chosen=()
if ! { "${as_root[@]}" apt-get update -qq && for package in "${missing[@]}"; do
        for choice in ${package//|/ }; do apt-cache show "$choice" >/dev/null 2>&1 && break; done; chosen+=("$choice")
    done && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${chosen[@]}"; } >"$log" 2>&1; then
    tail -5 "$log" >&2
    echo "error: apt-get could not install: ${missing[*]}" >&2
    exit 1
fi
