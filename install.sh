#!/usr/bin/env bash
# Installs cni-hook on this machine, or takes it away again; ./install.sh --help says how.
# Whatever is put somewhere is noted in PREFIX/share/cni-hook/manifest with its checksum, and --uninstall goes by that
# alone: what somebody has changed since is theirs and stays, and what was moved aside comes back.
set -euo pipefail
prefix=/usr/local
action=install
conf_dir=/etc/cni/net.d
cni_bin_dir='' hooks_dir='' replace=false

usage() {
  cat <<'END'
Installs cni-hook: one executable, and a default network if there is none. Needs root; building needs Node 20 and npm,
and a C compiler, which it installs.

  ./install.sh                 install what is missing, build, install
  ./install.sh --demo          the same, then show two containers at work (needs runc and busybox, which it installs)
  ./install.sh --uninstall     take away what was put there, and nothing else: packages stay, and so do bridges,
                               which "cni-hook gc --networks" takes down before

  --prefix DIR                 install to DIR/bin and DIR/share/cni-hook; /usr/local if not given
  --cni-bin-dir DIR            be the CNI plugins of podman, containerd and others too: link their names in DIR, which is
                               mostly /opt/cni/bin; a plugin that is there already stays
  --replace                    with --cni-bin-dir: move such a plugin aside; --uninstall puts it back
  --hooks-dir [DIR]            tell podman and CRI-O of the hooks, in /usr/share/containers/oci/hooks.d if not given
  --help                       this text
END
}

main() {
  parse_flags "$@"
  ((EUID == 0)) || fail 'this needs root: run it as root, or with sudo'
  cd "$(dirname "$(readlink -f "$0")")"
  # shellcheck source=packaging/placed-files.sh
  source packaging/placed-files.sh
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
      --cni-bin-dir)
        [[ -n ${2:-} ]] || wrong_use '--cni-bin-dir wants a directory'
        cni_bin_dir=$(realpath -m -- "$2")
        shift
        ;;
      --replace) replace=true ;;
      --hooks-dir)
        hooks_dir=/usr/share/containers/oci/hooks.d
        if [[ -n ${2:-} && $2 != -* ]]; then
          hooks_dir=$(realpath -m -- "$2")
          shift
        fi
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
  [[ $replace == false || -n $cni_bin_dir ]] || wrong_use '--replace wants --cni-bin-dir'
}

put_all() {
  trap note_down EXIT
  ensure_packages nft:nftables ip:iproute2
  build
  quietly dist/cni-hook --version
  put dist/cni-hook "$prefix/bin/cni-hook" 755
  put docs/man/cni-hook.8 "$prefix/share/man/man8/cni-hook.8" 644
  put_completions
  put_default_network
  [[ -z $cni_bin_dir ]] || put_plugins
  [[ -z $hooks_dir ]] || put_hooks
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
    case $kind in
      file) remove_file "$path" "$checksum" ;;
      link) remove_link "$path" ;;
      aside) put_back "$path" ;;
    esac
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
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
  [[ -n $(type -P apt-get) ]] || fail "missing: $*; there is no apt-get here, so install them yourself"
  say "installing the packages $*"
  export DEBIAN_FRONTEND=noninteractive
  # A list that can't be fetched may be one that is not needed: the installation decides.
  apt-get -qq update >/dev/null 2>&1 || true
  quietly apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends -y "$@"
}

build() {
  local executable=dist/cni-hook
  # A package brings the executable and no sources.
  [[ -d src || ! -x $executable ]] || return 0
  [[ ! -x $executable || -n $(find src build package.json package-lock.json -newer "$executable" -print -quit) ]] || return 0
  ensure_node
  ensure_packages cc:gcc xz:xz-utils
  [[ -f /usr/include/stdlib.h ]] || install_packages libc6-dev
  if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
    say 'installing the npm packages'
    quietly npm ci --include=dev --no-audit --no-fund
  fi
  say "building $executable"
  quietly npm run build
  [[ -f dist/LICENSE.quickjs ]] || say 'without QuickJS, hooks and plugins take twice as long: npm run build says what is missing'
}

ensure_node() {
  local version
  [[ -n $(type -P node) && -n $(type -P npm) ]] || fail 'building needs Node 20 or newer and npm: install them first'
  version=$(node --version)
  version=${version#v}
  ((${version%%.*} >= 20)) || fail "building needs Node 20 or newer, and this is $version: install a newer one first"
}

# --- what is put where -------------------------------------------------------------------------------------------------

# Below /usr/local and /usr these are where the shells look; for another prefix they have to be told.
put_completions() {
  local scratch shell target
  scratch=$(mktemp)
  while read -r shell target; do
    "$prefix/bin/cni-hook" completion "$shell" >"$scratch"
    put "$scratch" "$prefix/share/$target" 644
  done <<'END'
bash bash-completion/completions/cni-hook
zsh zsh/site-functions/_cni-hook
fish fish/vendor_completions.d/cni-hook.fish
END
  rm -- "$scratch"
}

# podman's package brings a network for podman's own use, which needs plugins of others: it does not count, and ours sorts
# before it, but behind those that come with Kubernetes.
put_default_network() {
  local there
  there=$(find "$conf_dir" -maxdepth 1 \( -name '*.conflist' -o -name '*.conf' -o -name '*.json' \) \
    ! -name '87-podman*.conflist' 2>/dev/null | head -n 1) || true
  if [[ -n $there ]]; then
    say "left $conf_dir as it is: it has a network already"
  else
    put config/80-cni-hook.conflist "$conf_dir/80-cni-hook.conflist" 644
  fi
}

# The executable itself knows which plugins it is.
put_plugins() {
  local name names
  names=$("$prefix/bin/cni-hook" plugins)
  make_directory "$cni_bin_dir"
  for name in $names; do put_link "$cni_bin_dir/$name"; done
}

put_hooks() {
  local done_so word path
  make_directory "$hooks_dir"
  done_so=$("$prefix/bin/cni-hook" hooks install --dir "$hooks_dir")
  while read -r word path; do
    note file "$(checksum_of "$path")" "$path"
    say "$word $path"
  done <<<"$done_so"
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
