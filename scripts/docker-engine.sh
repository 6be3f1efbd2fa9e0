#!/usr/bin/env bash
# Starts a Docker engine where none answers, on a Debian or Ubuntu without a service manager (a container of a CI, a
# small virtual machine). Installs docker.io and debootstrap with apt where they are missing. Needs root.
#
#   scripts/docker-engine.sh         an engine that answers is left alone: a second call does nothing
#   scripts/docker-engine.sh stop    stops the engine that this script started, and no other
#
# The engine's process id and log are in /run/openenv-docker, its data where Docker keeps it by default.
set -euo pipefail

folder=/run/openenv-docker
pidfile=$folder/pid
log=$folder/log
host=${DOCKER_HOST:-unix:///var/run/docker.sock}
deadline_seconds=60

answers() { docker --host "$host" version >/dev/null 2>&1; }
# The engine removes its file at its end; a process that nobody reaps could still be signalled.
alive() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }
fail() {
  echo "docker-engine: $1" >&2
  exit 1
}

stop() {
  if ! alive; then
    echo "docker-engine: none was started by this script"
    return
  fi
  local pid
  pid=$(cat "$pidfile")
  kill "$pid"
  for ((tenths = 0; tenths < deadline_seconds * 10; tenths++)); do
    alive || break
    sleep 0.1
  done
  ! alive || fail "the engine $pid does not stop; see $log"
  rm -f "$pidfile"
  echo "docker-engine: stopped"
}

install() {
  local packages=()
  # iptables is only recommended by docker.io, and the engine's bridge needs it.
  answers || { command -v dockerd && command -v docker; } >/dev/null || packages+=(docker.io iptables)
  command -v debootstrap >/dev/null || packages+=(debootstrap)
  [ ${#packages[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "there is no apt-get here: install Docker as its documentation says"
  echo "docker-engine: installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=120)
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >"$folder/apt.log" 2>&1 ||
    fail "apt-get could not install ${packages[*]}: $(tail -n 1 "$folder/apt.log")"
}

# Starts dockerd with the flags given and waits until it answers; fails when it ends or takes too long.
try_engine() {
  echo "--- dockerd $*" >>"$log"
  # In a session of its own, and without this shell's files: it outlives the caller and holds no pipe open.
  setsid env PATH="$search_path" dockerd --host "$host" --pidfile "$pidfile" "$@" >>"$log" 2>&1 </dev/null 9>&- &
  local started=$!
  for ((tenths = 0; tenths < deadline_seconds * 10; tenths++)); do
    if answers; then return 0; fi
    kill -0 "$started" 2>/dev/null || return 1
    sleep 0.1
  done
  kill "$started" 2>/dev/null || true
  wait "$started" || true
  return 1
}

# iptables speaks to one of two parts of the kernel; where only the older one is there, the engine must find it by name.
choose_iptables() {
  search_path=$PATH
  iptables -t nat -L -n >/dev/null 2>&1 && return
  command -v iptables-legacy >/dev/null && iptables-legacy -t nat -L -n >/dev/null 2>&1 || return 0
  mkdir -p "$folder/bin"
  ln -sf "$(command -v iptables-legacy)" "$folder/bin/iptables"
  ln -sf "$(command -v ip6tables-legacy)" "$folder/bin/ip6tables"
  search_path=$folder/bin:$PATH
}

start() {
  if answers && command -v debootstrap >/dev/null; then
    echo "docker-engine: one answers at $host"
    return
  fi
  [ "$(id -u)" = 0 ] || fail "no engine at $host, or no debootstrap: run this as root, or start Docker yourself"
  case $host in unix://*) ;; *) answers || fail "no engine answers at $host: unset DOCKER_HOST, or start that engine" ;; esac
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9 # two at a time would install and start twice
  install
  if answers; then # another call has started it, or the package has
    echo "docker-engine: one answers at $host"
    return
  fi
  choose_iptables
  : >"$log"
  # Each next line asks less of the kernel: no packet filter (ports are then published by a proxy process, and
  # containers reach no network outside), then no overlay file system (each layer is a full copy).
  try_engine ||
    try_engine --iptables=false --ip6tables=false ||
    try_engine --iptables=false --ip6tables=false --storage-driver=vfs ||
    fail "the engine does not start: $(grep -v '^---' "$log" | tail -n 1); all of it is in $log"
  echo "docker-engine: started, process $(cat "$pidfile"), log $log"
}

case ${1:-start} in
start) start ;;
stop) stop ;;
*) fail "usage: scripts/docker-engine.sh [start|stop]" ;;
esac
