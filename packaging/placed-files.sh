# shellcheck shell=bash disable=SC2154
# What install.sh puts somewhere, and how it takes it away again: files, links, directories, and a note of each in the manifest.
# Sourced by install.sh, which says what $prefix, $manifest and $replace are, and how to say() and fail().
# What was there before is never lost: it stays, or moves aside to come back.
aside=.before-cni-hook

# Puts a file in place as a whole: SOURCE TARGET MODE. Who runs the old executable goes on with it.
put() {
  local source=$1 target=$2 checksum
  make_directory "$(dirname "$target")"
  beside=$target.new.$$
  # In one write, so that the kernel keeps the executable in large pieces (docs/performance.md); cp writes small ones.
  dd if="$source" of="$beside" bs=256M iflag=fullblock status=none
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

# Links a name to the executable, unless there is something else of that name.
put_link() {
  if is_there "$1" && ! is_ours "$1"; then
    if [[ $replace == false ]]; then
      say "left $1 as it is: --replace would move it aside"
      return
    fi
    ! is_there "$1$aside" || fail "both $1 and $1$aside are there: take one of them away"
    mv -T -- "$1" "$1$aside"
    say "moved $1 to $1$aside"
  fi
  # Noted also if an earlier run was killed before it could.
  if is_there "$1$aside"; then note aside - "$1$aside"; fi
  is_ours "$1" || ln -s -- "$prefix/bin/cni-hook" "$1"
  note link - "$1"
  say "linked $1"
}

is_there() { [[ -e $1 || -L $1 ]]; }

is_ours() { [[ -L $1 && $(readlink -- "$1") == "$prefix/bin/cni-hook" ]]; }

# --- taking away ---------------------------------------------------------------------------------------------------------

remove_file() {
  [[ -e $1 ]] || return 0
  if [[ $(checksum_of "$1") == "$2" ]]; then
    rm -- "$1"
    say "removed $1"
  else
    say "left $1: it has been changed since"
  fi
}

remove_link() {
  if is_ours "$1"; then
    rm -- "$1"
    say "removed $1"
  elif is_there "$1"; then
    say "left $1: it is another one by now"
  fi
}

put_back() {
  local original=${1%"$aside"}
  is_there "$1" || return 0
  if is_there "$original"; then
    say "left $original: it is another one by now; what was there before is $1"
  else
    mv -T -- "$1" "$original"
    say "put back $original"
  fi
}

# --- the manifest: a line for each file, link or directory, KIND CHECKSUM PATH, in the order in which they came -------------

read_manifest() {
  entries=()
  [[ ! -f $manifest ]] || mapfile -t entries <"$manifest"
}

# A path that is in the manifest already keeps its place there.
note() {
  local i path
  for i in "${!entries[@]}"; do
    read -r _ _ path <<<"${entries[i]}"
    if [[ $path == "$3" ]]; then
      entries[i]="$1 $2 $3"
      return
    fi
  done
  entries+=("$1 $2 $3")
}

# Also when something has failed half-way: what has been put somewhere by then has to be known.
note_down() {
  rm -f -- "${beside:-}"
  ((${#entries[@]} > 0)) || return 0
  make_directory "$(dirname "$manifest")"
  printf '%s\n' "${entries[@]}" >"$manifest.new"
  mv -f -- "$manifest.new" "$manifest"
}
