#!/bin/sh
# The script that everybody has written once: runc_cni.sh ADD|DEL|VERSION ID puts a running container into a network, or
# takes it out again. The result is on stdout, the words are on stderr.
#   NETWORK     the network's name; without it the first of the conf dir
#   CNI_IFNAME  the interface in the container; without it eth0
#   RUNTIME     runc, crun or podman; without it whichever knows the container
set -eu

command=${1:-}
id=${2:-}
case $command in
  ADD) verb=add ;;
  DEL) verb=del ;;
  VERSION) exec env CNI_COMMAND=VERSION cni-hook plugin bridge </dev/null ;;
  *) echo "usage: ${0##*/} ADD|DEL|VERSION ID" >&2; exit 2 ;;
esac
[ -n "$id" ] || { echo "${0##*/} $command: which container?" >&2; exit 2; }

network=${NETWORK:-$(cni-hook networks --json | sed -n 's/^ *"name": "\(.*\)",$/\1/p' | head -n 1)}
[ -n "$network" ] || { echo "${0##*/} $command: there is no network: set NETWORK, or put one into /etc/cni/net.d" >&2; exit 1; }

exec cni-hook "$verb" "$network" "$id" ${RUNTIME:+--runtime "$RUNTIME"}
