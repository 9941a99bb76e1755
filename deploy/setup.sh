#!/usr/bin/env bash
# Sets up everything that `make run` (first argument: run) and `make test` (test) need, in .venv and .local.
#
# - Done steps are skipped; an interrupted step is done again. A second run takes a fraction of a second.
# - apt is asked for what the machine itself lacks (root, or sudo); Asterisk and its companions are unpacked
#   from Debian forky into .local/debian, where git does not look, and run from there without a chroot; for the
#   tests, PostgreSQL too, into .local/postgresql.
# - Whatever is missing is named, with its remedy.
set -euo pipefail
# Asterisk runs as another account than root, and must be able to read what is set up; secrets are not made here.
umask 022
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly purpose=${1:-run}
readonly lowest_asterisk=22.10.1
readonly suite=forky
# sip-tester, sox and kamailio are for the tests; mosquitto is the broker of an installation that has none.
readonly companions=mosquitto,sip-tester,sox,kamailio

say() { printf '\033[1m[set-up]\033[0m %s\n' "$*"; }
fail() { printf '\033[31m[set-up] %s\033[0m\n         remedy: %s\n' "$1" "$2" >&2; exit 1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

need_root() {
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
    fail "installing $1 needs root, and there is no sudo here" "run as root: apt-get install $1; then this again"
}

apt_install() {
  need_root "$*"
  say "installing with apt: $*"
  as_root apt-get update -qq || say "some apt sources did not answer; going on with those that did"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    fail "apt could not install: $*" "look at the lines above; check the network and 'apt-get update'"
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "no Python 3.11 to 3.13 on PATH" "apt-get install python3.11, or name one: PYTHON=/path/to/python3.12"
}

set_up_python() {
  local lock=deploy/requirements/runtime.txt stamp python
  [ "$purpose" = test ] && lock=deploy/requirements/development.txt
  stamp=.venv/.$(basename "$lock" .txt)-$(sha256sum "$lock" | cut -c1-16)
  if [ ! -e .venv/.made ] || ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(find_python)
    say "virtual environment with $("$python" --version)"
    rm -rf .venv
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
      apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    "$python" -m venv .venv
    touch .venv/.made
  fi
  if [ ! -e "$stamp" ]; then
    # Going back to an older lock must install it again.
    rm -f .venv/.runtime-* .venv/.development-*
    say "Python packages, each checked against its hash in $lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
      fail "a Python package could not be installed" "check the network, or pip's own settings for a mirror; then again"
    touch "$stamp"
  fi
  if ! grep -qsF "#!$PWD/.venv/bin/python" .venv/bin/callrouter; then
    .venv/bin/python -c 'import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path("purelib")) / "callrouter-checkout.pth").write_text(str(pathlib.Path.cwd()) + "\n")'
    cat >.venv/bin/callrouter <<END
#!$PWD/.venv/bin/python
import signal
import sys

# Ctrl-C while the program is still being loaded ends it without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)
from callrouter.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
END
    chmod +x .venv/bin/callrouter
  fi
}

# An Asterisk that is new enough, with its modules and documentation where callrouter looks for them.
system_asterisk() {
  local program version
  compgen -G '/usr/lib/*/asterisk/modules/chan_pjsip.so' >/dev/null || [ -e /usr/lib/asterisk/modules/chan_pjsip.so ] || return 0
  [ -d /usr/share/asterisk/documentation ] || [ -d /var/lib/asterisk/documentation ] || return 0
  for program in "$(command -v asterisk || true)" /usr/sbin/asterisk; do
    [ -x "$program" ] || continue
    version=$("$program" -V 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1) || continue
    if [ "$(printf '%s\n%s\n' "$lowest_asterisk" "$version" | sort -V | head -1)" = "$lowest_asterisk" ]; then
      echo "$program"
      return
    fi
  done
}

debian_mirror() {
  local mirror=${DEBIAN_MIRROR:-}
  [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | sort -u | grep -E '/debian/?$' | head -1)
  [ -n "$mirror" ] || fail "apt names no Debian mirror on this machine" "name one: DEBIAN_MIRROR=… make run"
  echo "$mirror"
}

set_up_programs() {
  local include=$companions own tree=.local/debian
  own=$(system_asterisk)
  [ -n "$own" ] || include=asterisk,$companions
  if [ "$(cat $tree/.unpacked 2>/dev/null)" != "$suite $include" ]; then
    command -v mmdebstrap >/dev/null || apt_install mmdebstrap
    need_root mmdebstrap
    say "unpacking $include from Debian $suite into $tree (about a minute, 400 MB)"
    as_root rm -rf $tree $tree.new
    as_root mmdebstrap --quiet --variant=apt --include="$include,ca-certificates" \
      --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
      "$suite" $tree.new "$(debian_mirror)" >.local/unpack.log 2>&1 ||
      fail "Debian $suite could not be unpacked: $(tail -1 .local/unpack.log)" "the log is .local/unpack.log; check the network and the mirror; DEBIAN_MIRROR=… names another"
    as_root chown -R "$(id -u):$(id -g)" $tree.new
    mv $tree.new $tree
    echo "$suite $include" >$tree/.unpacked
  fi
  write_launchers "$own"
}

# A program of the tree is started through the tree's own loader and libraries: no chroot, no root.
write_launchers() {
  local tree loader libraries program triplet
  tree=$(readlink -f .local/debian)
  triplet=$(basename "$(dirname "$(ls -d "$tree"/usr/lib/*-linux-gnu/libc.so.6)")")
  loader=$(ls "$tree"/usr/lib/"$triplet"/ld-linux-*.so.* | head -1)
  libraries=$tree/usr/lib/$triplet:$tree/usr/lib/$triplet/asterisk
  mkdir -p .local/bin
  for program in sbin/asterisk sbin/mosquitto bin/mosquitto_passwd bin/sipp bin/sox sbin/kamailio; do
    if [ "$program" = sbin/asterisk ] && [ -n "$1" ]; then
      printf '#!/bin/sh\nexec "%s" "$@"\n' "$1" >.local/bin/asterisk
    else
      printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$tree/usr/$program" >.local/bin/"$(basename "$program")"
    fi
    chmod +x .local/bin/"$(basename "$program")"
  done
  if [ -n "$1" ]; then "$1" -V >.local/asterisk-version; else .local/bin/asterisk -V >.local/asterisk-version; fi
}

# PostgreSQL is for the tests alone, which start it as an unprivileged account. It is unpacked into a tree of its own,
# and nothing of it is configured or started here.
set_up_postgresql() {
  local tree=.local/postgresql
  if [ "$(cat $tree/.unpacked 2>/dev/null)" != "$suite" ]; then
    command -v mmdebstrap >/dev/null || apt_install mmdebstrap
    need_root mmdebstrap
    say "unpacking PostgreSQL from Debian $suite into $tree, for the tests (some seconds, 250 MB)"
    as_root rm -rf $tree $tree.new
    as_root mmdebstrap --quiet --variant=extract --include=postgresql \
      --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
      "$suite" $tree.new "$(debian_mirror)" >.local/unpack-postgresql.log 2>&1 ||
      fail "PostgreSQL could not be unpacked: $(tail -1 .local/unpack-postgresql.log)" "the log is .local/unpack-postgresql.log; check the network and the mirror; DEBIAN_MIRROR=… names another"
    as_root chown -R "$(id -u):$(id -g)" $tree.new
    mv $tree.new $tree
    echo "$suite" >$tree/.unpacked
  fi
  write_postgresql_launchers $tree
}

# initdb starts the `postgres` beside itself, and both find their libraries and data from where they stand: so each
# program's place is taken by a launcher of its name, which says where that was, and the program moves next door.
write_postgresql_launchers() {
  local tree folder libraries loader program
  tree=$(readlink -f "$1")
  folder=$(ls -d "$tree"/usr/lib/postgresql/*/bin)
  libraries=$(dirname "$(ls -d "$tree"/usr/lib/*-linux-gnu/libc.so.6)")
  loader=$(ls "$libraries"/ld-linux-*.so.* | head -1)
  mkdir -p "$folder/../programs"
  for program in initdb postgres; do
    [ -e "$folder/../programs/$program" ] || mv "$folder/$program" "$folder/../programs/$program"
    printf '#!/bin/sh\nexec "%s" --library-path "%s" --argv0 "%s" "%s" "$@"\n' \
      "$loader" "$libraries" "$folder/$program" "$(dirname "$folder")/programs/$program" >"$folder/$program"
    chmod +x "$folder/$program"
  done
}

# Asterisk and the broker never run as root, and must be able to enter the folder they run from. Where root's
# checkout is closed to others (/root, a private temporary folder), .local is a link to a folder that is not.
choose_local() {
  local folder=$PWD open=/var/lib/callrouter/
  [ -e .local ] && return
  while [ "$(id -u)" = 0 ] && [ "$folder" != / ]; do
    if [ $((8#$(stat -c %a "$folder") & 1)) = 0 ]; then
      open+=$(printf %s "$PWD" | sha256sum | cut -c1-12)
      say "$folder is closed to the account that Asterisk runs as: .local is kept in $open"
      mkdir -p "$open"
      ln -sfn "$open" .local
      return
    fi
    folder=$(dirname "$folder")
  done
  mkdir -p .local
}

# Started by root, Asterisk and the broker become this user.
set_up_user() {
  [ "$(id -u)" = 0 ] || return 0
  id callrouter >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin callrouter
}

choose_local
exec 9>.local/setup.lock
flock -n 9 || { say "another set-up is at work here; waiting for it"; flock 9; }
set_up_python
set_up_programs
[ "$purpose" != test ] || set_up_postgresql
set_up_user
.venv/bin/callrouter prompts unpack --quiet ||
  say "not every announcement could be unpacked, see above; callrouter prompts check tells more"
