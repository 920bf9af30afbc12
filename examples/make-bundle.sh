#!/usr/bin/env bash
# Makes a bundle for runc or crun: a root file system with busybox in it, and a config.json whose only word about the
# network is the two hook lines. Prints the bundle's directory: DIR/ID, or a new one under /tmp. Needs root and busybox.
#   examples/make-bundle.sh [--in DIR] [--hook PATH] [--networks NAME,NAME:IFNAME…] ID COMMAND [ARGUMENT…]
#   runc run -d -b "$(examples/make-bundle.sh c1 sleep 600)" c1
set -euo pipefail

fail() {
  printf 'make-bundle.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

# Its arguments as JSON strings, with commas between them.
json_strings() {
  local item comma=
  for item in "$@"; do
    [[ $item != *[[:cntrl:]]* ]] || fail "a control character in \"$item\": choose other words"
    item=${item//\\/\\\\}
    printf '%s"%s"' "$comma" "${item//\"/\\\"}"
    comma=', '
  done
}

parent='' hook=/usr/local/bin/cni-hook networks=''
while [[ ${1:-} == --* ]]; do
  case $1 in
    --in | --hook | --networks) (($# > 1)) || fail "$1 wants a value" 2 ;;
    *) fail "unknown flag \"$1\": there are --in, --hook and --networks" 2 ;;
  esac
  case $1 in
    --in) parent=$(realpath -m -- "$2") ;;
    --hook) hook=$2 ;;
    --networks) networks=$2 ;;
  esac
  shift 2
done
(($# > 1)) || fail 'usage: make-bundle.sh [--in DIR] [--hook PATH] [--networks LIST] ID COMMAND [ARGUMENT…]' 2
id=$1
shift
[[ $id =~ ^[A-Za-z0-9][A-Za-z0-9_.-]*$ ]] || fail "\"$id\" is no container id: letters, digits, \"_\", \".\" and \"-\""
((EUID == 0)) || fail 'this needs root, as runc does'
busybox=$(command -v busybox) || fail 'busybox is missing: apt-get install busybox-static'

arguments=$(json_strings "$@")
path=$(json_strings "$hook")
annotation=''
[[ -z $networks ]] || annotation="\"io.cni-hook.networks\": $(json_strings "$networks")"
bundle=${parent:-$(mktemp -d /tmp/bundle.XXXXXX)}/$id
[[ ! -e $bundle ]] || fail "\"$bundle\" exists: take it away, or choose another place with --in"

mkdir -p "$bundle"/rootfs/{bin,dev,etc,proc,sys,tmp}
cp "$busybox" "$bundle/rootfs/bin/busybox"
# A busybox that is not static brings its libraries along.
for library in $(ldd "$busybox" 2>/dev/null | grep -o '/[^ ]*'); do cp -L --parents "$library" "$bundle/rootfs"; done
chroot "$bundle/rootfs" /bin/busybox --install -s /bin

# A cgroup named after this bundle: two hosts of one machine may both have a container with this id.
cat >"$bundle/config.json" <<END
{
  "ociVersion": "1.0.2",
  "process": {
    "user": {"uid": 0, "gid": 0},
    "args": [$arguments],
    "env": ["PATH=/bin"],
    "cwd": "/",
    "capabilities": {
      "bounding": ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
      "effective": ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"],
      "permitted": ["CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW"]
    },
    "noNewPrivileges": true
  },
  "root": {"path": "rootfs"},
  "hostname": "$id",
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=65536k"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]}
  ],
  "linux": {
    "cgroupsPath": "/$id.$$",
    "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}]
  },
  "annotations": {$annotation},
  "hooks": {
    "createRuntime": [{"path": $path, "args": ["cni-hook", "createRuntime"], "timeout": 30}],
    "poststop":      [{"path": $path, "args": ["cni-hook", "poststop"], "timeout": 30}]
  }
}
END
printf '%s\n' "$bundle"
