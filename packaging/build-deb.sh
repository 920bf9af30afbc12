#!/usr/bin/env bash
# Makes dist/cni-hook_VERSION_ARCHITECTURE.deb from the executable that is there. The package holds what install.sh puts on a machine,
# and completions; its default network is a conffile, so dpkg keeps what somebody has changed in it. Nothing runs at installation.
#   packaging/build-deb.sh [DIRECTORY]    where to put it: dist if not given
set -euo pipefail
into=$(realpath -m -- "${1:-$(dirname "$0")/../dist}")
cd "$(dirname "$(readlink -f "$0")")/.."
executable=dist/cni-hook

fail() {
  printf 'build-deb.sh: %s\n' "$1" >&2
  exit 1
}

[[ -x $executable ]] || fail "there is no $executable: run npm run build"
[[ -n $(type -P dpkg-deb) ]] || fail 'dpkg-deb is missing: a Debian package is made on Debian'
version=$("$executable" --version)
version=${version#cni-hook }
architecture=$(dpkg --print-architecture)
maintainer='The cni-hook authors <cni-hook@localhost>'
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT

# put SOURCE TARGET MODE
put() { install -D --mode="$3" -- "$1" "$root/$2"; }
# compress TARGET < TEXT: as the policy asks for manuals and change logs
compress() {
  mkdir -p "$root/$(dirname "$1")"
  gzip -9n >"$root/$1"
}
# complete SHELL TARGET
complete() {
  mkdir -p "$root/$(dirname "$2")"
  "$executable" completion "$1" >"$root/$2"
}

put "$executable" usr/bin/cni-hook 755
put config/80-cni-hook.conflist etc/cni/net.d/80-cni-hook.conflist 644
put packaging/copyright usr/share/doc/cni-hook/copyright 644
[[ ! -f dist/LICENSE.quickjs ]] || put dist/LICENSE.quickjs usr/share/doc/cni-hook/LICENSE.quickjs 644
compress usr/share/doc/cni-hook/CHANGELOG.md.gz <CHANGELOG.md
compress usr/share/doc/cni-hook/changelog.gz <<CHANGES
cni-hook ($version) unstable; urgency=medium

  * What is new stands in CHANGELOG.md.gz.

 -- $maintainer  $(date --utc --rfc-email --reference=CHANGELOG.md)
CHANGES
put packaging/lintian-overrides usr/share/lintian/overrides/cni-hook 644
compress usr/share/man/man8/cni-hook.8.gz <docs/man/cni-hook.8
complete bash usr/share/bash-completion/completions/cni-hook
complete zsh usr/share/zsh/vendor-completions/_cni-hook
complete fish usr/share/fish/vendor_completions.d/cni-hook.fish

mkdir "$root/DEBIAN"
printf '/etc/cni/net.d/80-cni-hook.conflist\n' >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: cni-hook
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -sk --apparent-size "$root" | cut -f 1)
Depends: libc6 (>= 2.17), nftables
Recommends: runc | crun
Section: net
Priority: optional
Description: network for containers of runc, crun and podman
 An OCI hook that gives a container its network when it starts and takes it
 back when it has ended, also without the container, its network namespace or
 its configuration. The same executable is a set of CNI plugins and a tool
 that shows what is attached where.
CONTROL
find "$root" -type d -exec chmod 755 {} +
find "$root/usr/share" "$root/etc" -type f -exec chmod 644 {} +

mkdir -p "$into"
package=$into/cni-hook_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zgzip -z6 --build "$root" "$package" >&2
printf '%s\n' "$package"
