#!/usr/bin/env bash
# Installs cni-hook on this machine, or takes it away again; ./install.sh --help says how.
# Whatever is put somewhere is noted in PREFIX/share/cni-hook/manifest with its checksum, and --uninstall goes by that
# alone: what somebody has changed since is theirs and stays.
set -euo pipefail
prefix=/usr/local
action=install
conf_dir=/etc/cni/net.d

usage() {
  cat <<'END'
Installs cni-hook: one executable, and a default network if there is none. Needs root; building needs Node 20 and npm.

  ./install.sh                 install what is missing, build, install
  ./install.sh --demo          the same, then show two containers at work (needs runc and busybox, which it installs)
  ./install.sh --uninstall     take away what was put there, and nothing else: packages stay, and so do bridges,
                               which "cni-hook gc --networks" takes down before

  --prefix DIR                 install to DIR/bin and DIR/share/cni-hook; /usr/local if not given
  --help                       this text
END
}

main() {
  parse_flags "$@"
  ((EUID == 0)) || fail 'this needs root: run it as root, or with sudo'
  cd "$(dirname "$(readlink -f "$0")")"
  manifest=$prefix/share/cni-hook/manifest
  read_manifest
  case $action in
    install)
      put_all
      print_hooks
      ;;
    demo)
      ensure_packages nft:nftables ip:iproute2 runc:runc busybox:busybox-static
      put_all
      examples/demo.sh "$prefix/bin/cni-hook"
      ;;
    uninstall) take_away ;;
  esac
}

parse_flags() {
  local asked=
  while (($# > 0)); do
    case $1 in
      --prefix)
        [[ -n ${2:-} ]] || wrong_use '--prefix wants a directory'
        prefix=$(realpath -m -- "$2")
        shift
        ;;
      --demo | --uninstall)
        [[ -z $asked || $asked == "$1" ]] || wrong_use "$asked and $1 exclude each other"
        asked=$1
        action=${1#--}
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) wrong_use "unknown flag \"$1\"" ;;
    esac
    shift
  done
}

put_all() {
  trap end EXIT
  ensure_packages nft:nftables ip:iproute2
  build
  quietly dist/cni-hook --version
  put dist/cni-hook "$prefix/bin/cni-hook" 755
  put_default_network
}

print_hooks() {
  local hooks
  hooks=$(<hooks/config.json)
  say 'these lines in the config.json of a bundle give its container a network, and take it back:'
  say "${hooks//'/usr/local/bin/cni-hook'/"$prefix/bin/cni-hook"}"
}

take_away() {
  local i kind checksum path attached
  if [[ ! -f $manifest ]]; then
    say "nothing is installed: there is no $manifest"
    return
  fi
  attached=$(find /run/cni-hook/containers -mindepth 1 -maxdepth 1 -printf ' %f' 2>/dev/null) || true
  [[ -z $attached ]] || say "still attached, and now nobody takes their network back:$attached"
  for ((i = ${#entries[@]} - 1; i >= 0; i--)); do
    read -r kind checksum path <<<"${entries[i]}"
    [[ $kind == file && -e $path ]] || continue
    if [[ $(checksum_of "$path") == "$checksum" ]]; then
      rm -- "$path"
      say "removed $path"
    else
      say "left $path: it has been changed since"
    fi
  done
  rm -- "$manifest"
  for ((i = ${#entries[@]} - 1; i >= 0; i--)); do
    read -r kind checksum path <<<"${entries[i]}"
    [[ $kind != directory ]] || rmdir -- "$path" 2>/dev/null || true
  done
}

# --- what is missing ---------------------------------------------------------------------------------------------------

# Each argument is COMMAND:PACKAGE.
ensure_packages() {
  local pair missing=()
  for pair in "$@"; do
    [[ -n $(PATH=$PATH:/usr/sbin:/sbin type -P "${pair%%:*}") ]] || missing+=("${pair#*:}")
  done
  ((${#missing[@]} > 0)) || return 0
  [[ -n $(type -P apt-get) ]] || fail "missing: ${missing[*]}; there is no apt-get here, so install them yourself"
  say "installing the packages ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # A list that can't be fetched may be one that is not needed: the installation decides.
  apt-get -qq update >/dev/null 2>&1 || true
  quietly apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends -y "${missing[@]}"
}

build() {
  local executable=dist/cni-hook
  [[ ! -x $executable || -n $(find src build.ts package.json package-lock.json -newer "$executable" -print -quit) ]] || return 0
  ensure_node
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    say 'installing the npm packages'
    quietly npm ci --include=dev --no-audit --no-fund
  fi
  say "building $executable"
  quietly npm run build
}

ensure_node() {
  local version
  [[ -n $(type -P node) && -n $(type -P npm) ]] || fail 'building needs Node 20 or newer and npm: install them first'
  version=$(node --version)
  version=${version#v}
  ((${version%%.*} >= 20)) || fail "building needs Node 20 or newer, and this is $version: install a newer one first"
}

# --- what is put where -------------------------------------------------------------------------------------------------

put_default_network() {
  local there
  there=$(find "$conf_dir" -maxdepth 1 \( -name '*.conflist' -o -name '*.conf' -o -name '*.json' \) 2>/dev/null | head -n 1) || true
  if [[ -n $there ]]; then
    say "left $conf_dir as it is: it has a network already"
  else
    put config/99-cni-hook.conflist "$conf_dir/99-cni-hook.conflist" 644
  fi
}

# Puts a file in place as a whole: SOURCE TARGET MODE. Who runs the old executable goes on with it.
put() {
  local source=$1 target=$2 checksum
  make_directory "$(dirname "$target")"
  beside=$target.new.$$
  cp -- "$source" "$beside"
  chmod "$3" "$beside"
  checksum=$(checksum_of "$beside")
  mv -fT -- "$beside" "$target"
  note file "$checksum" "$target"
  say "installed $target"
}

# Makes a directory and those above it, and notes which ones were not there before.
make_directory() {
  [[ ! -d $1 ]] || return 0
  make_directory "$(dirname "$1")"
  mkdir -- "$1"
  note directory - "$1"
}

checksum_of() { sha256sum <"$1" | cut -d ' ' -f 1; }

# --- the manifest: a line for each file or directory, KIND CHECKSUM PATH, in the order in which they came -------------------

read_manifest() {
  entries=()
  [[ ! -f $manifest ]] || mapfile -t entries <"$manifest"
}

# A path that is in the manifest already keeps its place there.
note() {
  local i kind checksum path
  for i in "${!entries[@]}"; do
    read -r kind checksum path <<<"${entries[i]}"
    if [[ $path == "$3" ]]; then
      entries[i]="$1 $2 $3"
      return
    fi
  done
  entries+=("$1 $2 $3")
}

# Also when something has failed half-way: what has been put somewhere by then has to be known.
end() {
  rm -f -- "${beside:-}"
  ((${#entries[@]} > 0)) || return 0
  make_directory "$(dirname "$manifest")"
  printf '%s\n' "${entries[@]}" >"$manifest.new"
  mv -f -- "$manifest.new" "$manifest"
}

# --- words -------------------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$1"; }

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit "${2:-1}"
}

wrong_use() { fail "$1: ./install.sh --help says what there is" 2; }

# Runs a command whose words are of interest only if it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    fail "failed: $*"
  }
}

main "$@"
