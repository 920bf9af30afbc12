#!/usr/bin/env bash
# The main job with real output: two runc containers get their network from two hook lines, use it, and give it back.
# All of it in a private host, with network and mounts of its own (/run, /sys, /etc, /var/lib): this machine's network and
# its other containers are never touched. Ends with 0 only if every step worked and nothing is left at the end.
#   examples/demo.sh [CNI-HOOK]    CNI-HOOK: the executable to show, /usr/local/bin/cni-hook if it is not named
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
bundles=/run/bundles
host_address=198.51.100.1 outside_address=198.51.100.2
failures=0

main() {
  make_private_host
  make_outside
  snapshot >/run/before

  heading 'Two bundles: this is all that they say about the network'
  for id in c1 c2; do "$here/make-bundle.sh" --in "$bundles" --hook "$hook" "$id" sleep 600 >/run/output; done
  show grep -A 3 '"hooks"' "$bundles/c1/config.json"

  heading 'They start'
  for id in c1 c2; do show runc run --detach --bundle "$bundles/$id" "$id"; done
  for id in c1 c2; do show runc exec "$id" ip address show dev eth0; done
  show runc exec c1 ip route
  show cni-hook ls
  first=$(address_of c1) || fail '"c1" has no address'
  second=$(address_of c2) || fail '"c2" has no address'

  heading 'They reach each other, and the gateway'
  show runc exec c1 ping -c 1 -W 2 "$second"
  show runc exec c2 ping -c 1 -W 2 "$first"
  show runc exec c1 ping -c 1 -W 2 "$(gateway_of c1)"

  heading 'They reach an outside host that knows the way to this host, and none to them'
  show ip -netns outside route
  show runc exec c1 ping -c 1 -W 2 "$outside_address"
  show runc exec c2 ping -c 1 -W 2 "$outside_address"
  show runc exec c1 wget -qO - "http://$outside_address/cgi-bin/who" | tee /run/output
  grep -qFw "$host_address" /run/output || failed 'the outside host saw another address than that of this host'

  heading 'They end'
  for id in c1 c2; do
    show runc kill "$id" KILL
    until_stopped "$id"
    show runc delete "$id"
  done

  heading 'What they left behind'
  nothing 'interfaces of the host' veths
  nothing 'address leases' leases
  nothing 'records' find /run/cni-hook -path '*/containers/*'
  nothing 'nft rules of a container' rules_of_containers
  printf 'The bridge and the one rule of the whole network stay for the next container:\n'
  show ip -brief address show type bridge
  show nft list ruleset

  heading 'The idle network goes too, on request'
  show cni-hook gc --networks

  heading 'Before and after: links, addresses, routes, forwarding, nft rules, leases and state files'
  compare
  ((failures == 0)) || fail "$failures of the steps above failed: look for FAILED"
}

heading() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }

# Prints a command as a person would type it, and runs it.
show() {
  printf '%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@" || failed "exit status $?: $*"
}

# Prints what a command finds, which has to be nothing.
nothing() {
  local what=$1 found
  shift
  found=$("$@" 2>&1) || true
  printf '%-26s %s\n' "$what" "${found:-none}"
  [[ -z $found ]] || failed "$what: something is left"
}

compare() {
  snapshot >/run/after
  if diff -u --label before --label after /run/before /run/after; then
    printf 'equal: %s lines, none of them changed\n' "$(wc -l </run/after)"
  else
    failed 'something is left, or missing'
  fi
}

failed() {
  failures=$((failures + 1))
  printf '%sFAILED: %s%s\n' "$bold" "$1" "$plain"
}

fail() {
  printf 'demo.sh: %s\n' "$1" >&2
  exit 1
}

cni-hook() { "$hook" "$@"; }

address_of() { runc exec "$1" ip -4 -oneline address show dev eth0 | sed 's/.*inet \([0-9.]*\).*/\1/'; }
gateway_of() { runc exec "$1" ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'; }

until_stopped() {
  for _ in {1..250}; do
    [[ $(runc state "$1") != *'"status": "stopped"'* ]] || return 0
    sleep 0.02
  done
  failed "\"$1\" did not stop"
}

veths() { ip -brief link show type veth | grep -v '^uplink@'; }

# A lease file bears the address as its name.
leases() { find /var/lib/cni -type f -name '[0-9]*'; }

rules_of_containers() { nft list ruleset 2>/dev/null | grep -Fw -e "$first" -e "$second"; }

# Some files stay on purpose: the log, lock files, the address given out last, the stamp of the index of leases.
snapshot() {
  ip -brief link
  ip -brief address
  ip route show table all
  grep . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding || true
  nft list ruleset
  find /run/cni-hook /var/lib/cni -type f ! -name 'log*.jsonl' ! -name '*lock' ! -name 'last_reserved_ip.*' ! -name stamp
}

# Layers that only this mount namespace sees, and in them the network that install.sh writes where there is none.
make_private_host() {
  local directory layers=/run/layers
  mount -t tmpfs -o mode=755 private-host /run
  for directory in etc var/lib; do
    mkdir -p "$layers/$directory"/{upper,work}
    mount -t overlay private-host "/$directory" \
      -o "lowerdir=/$directory,upperdir=$layers/$directory/upper,workdir=$layers/$directory/work"
  done
  mkdir "$layers/cgroup"
  mount --rbind /sys/fs/cgroup "$layers/cgroup"
  mount -t sysfs sysfs /sys
  mount --rbind "$layers/cgroup" /sys/fs/cgroup
  rm -rf /etc/cni /etc/cni-hook /var/lib/cni
  mkdir -p /etc/cni/net.d /var/lib/cni /run/cni-hook
  cp "$here/../config/80-cni-hook.conflist" /etc/cni/net.d
  ip link set lo up
  trap clean_up EXIT
}

clean_up() {
  local id pid
  for id in c1 c2; do runc delete --force "$id" || true; done >/run/output 2>&1
  for pid in $(ip netns pids outside); do kill "$pid"; done
}

# Another network namespace at the end of a cable, and in it a web server that tells a visitor's address. Without IPv6,
# whose addresses on a new link come a second late.
make_outside() {
  ip netns add outside
  ip link add uplink type veth peer name eth0 netns outside
  [[ ! -d /proc/sys/net/ipv6 ]] || echo 1 >/proc/sys/net/ipv6/conf/uplink/disable_ipv6
  ip address add "$host_address/24" dev uplink
  ip -netns outside address add "$outside_address/24" dev eth0
  ip link set uplink up
  ip -netns outside link set eth0 up
  mkdir -p /run/www/cgi-bin
  cat >/run/www/cgi-bin/who <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\nyou are %s\n' "$REMOTE_ADDR"
END
  chmod +x /run/www/cgi-bin/who
  ip netns exec outside busybox httpd -p "$outside_address:80" -h /run/www
  for _ in {1..100}; do
    [[ $(</sys/class/net/uplink/operstate) != up ]] || return 0
    sleep 0.05
  done
  fail 'the cable to the outside host did not come up'
}

if [[ ${1:-} != --inside ]]; then
  hook=$(readlink -f "${1:-/usr/local/bin/cni-hook}")
  ((EUID == 0)) || fail 'this needs root, as runc does'
  [[ -x $hook ]] || fail "there is no executable \"$hook\": run ./install.sh first"
  for tool in runc busybox ip nft; do
    command -v "$tool" >/dev/null || fail "\"$tool\" is missing: ./install.sh --demo installs it"
  done
  [[ ! -t 1 || -n ${NO_COLOR:-} ]] || bold=$'\e[1m' plain=$'\e[0m'
  # An environment of its own, as containers and hooks inherit it.
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bold="${bold:-}" plain="${plain:-}" \
    unshare --net --mount --propagation private -- "$here/demo.sh" --inside "$hook"
fi
hook=$2
main
