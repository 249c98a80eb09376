#!/bin/sh
# Cairn @VERSION@ (commit @COMMIT@) for @TRIPLE@, in one file.
# Below these lines are a runtime and the program, packed. They are unpacked once, into the cache of whoever starts them.

# All of it is functions: the shell has read them before anything runs, whatever becomes of the file meanwhile.
cairn_start() {
  cairn_hash=@HASH@
  case $0 in
    /*) cairn_self=$0 ;;
    *) cairn_self=$PWD/${0#./} ;;
  esac
  [ -f "$cairn_self" ] || cairn_self=$(command -v -- "$0")

  # The places to unpack to, best first.
  case @SYSTEM@ in
    macos) cairn_cache=${HOME:+$HOME/Library/Caches} cairn_base=$HOME ;;
    *)
      cairn_cache=${HOME:+$HOME/.cache} cairn_base=$HOME
      case ${XDG_CACHE_HOME-} in /*) cairn_cache=$XDG_CACHE_HOME cairn_base=$XDG_CACHE_HOME ;; esac
      ;;
  esac
  cairn_temporary=${TMPDIR:-/tmp}/cairn-$(id -u)
  # Of somebody else's home nothing is started and nothing is left in it: root may come with it by sudo.
  if [ -n "$cairn_cache" ] && { [ ! -e "$cairn_base" ] || [ -O "$cairn_base" ]; }; then
    set -- "$cairn_cache/cairn" "$cairn_temporary" "$@"
  else
    set -- "" "$cairn_temporary" "$@"
  fi

  for cairn_place in "$1" "$2"; do
    cairn_ready "$cairn_place" && shift 2 && cairn_run "$@"
  done
  cairn_errors=
  for cairn_place in "$1" "$2"; do
    [ -n "$cairn_place" ] || continue
    if cairn_error=$(cairn_unpack "$cairn_place" 2>&1) && cairn_ready "$cairn_place"; then
      shift 2 && cairn_run "$@"
    fi
    cairn_errors="$cairn_errors  $cairn_place: $(printf '%s' "${cairn_error:-it cannot be used}" | tail -n 2)
"
  done
  printf 'cairn: Cannot unpack the program, in none of these places:\n%s' "$cairn_errors" >&2
  printf '→ Make @MEBIBYTES@ MiB of room in one of them, or name another directory: XDG_CACHE_HOME=DIR or TMPDIR=DIR\n' >&2
  exit 1
}

# Whether all of it stands in that place, and belongs to who starts it: nobody else can have put it there.
cairn_ready() {
  cairn_dir=$1/$cairn_hash
  [ -O "$1" ] && [ ! -L "$1" ] && [ -O "$cairn_dir" ] && [ -f "$cairn_dir/complete" ] || return 1
  for cairn_file in @FILES@; do
    [ -s "$cairn_dir/$cairn_file" ] || return 1
  done
}

# Becomes the program: signals reach it, and its exit code is this one's. The touched file says that it was used.
cairn_run() {
  true 2>/dev/null >"$cairn_dir/used"
  CAIRN_PORTABLE=$$:$cairn_self
  unset CAIRN_PORTABLE_HOME DENO_V8_FLAGS
  [ -z "${HOME+set}" ] || export CAIRN_PORTABLE_HOME="$HOME"
  export CAIRN_PORTABLE
  cairn_runtime "$cairn_dir"
  exec "$cairn_dir/cairn" run @FLAGS@ "$cairn_dir/main.js" "$@"
}

# The surroundings of the runtime: it takes nothing from the home of whoever starts it; the program has HOME back before it looks.
cairn_runtime() {
  HOME=$1
  DENO_DIR=$1/deno
  DENO_NO_UPDATE_CHECK=1
  DENO_NO_PACKAGE_JSON=1
  export HOME DENO_DIR DENO_NO_UPDATE_CHECK DENO_NO_PACKAGE_JSON
}

# In a shell of its own. Whatever fails leaves nothing behind; what is unpacked gets its name when it is whole and verified.
cairn_unpack() (
  umask 077
  mkdir -p -- "$1" || exit 1
  [ -O "$1" ] && [ ! -L "$1" ] || { echo "it belongs to somebody else"; exit 1; }
  cairn_new=$1/$cairn_hash.new.$$
  trap 'rm -rf -- "$cairn_new"' EXIT
  # The last where the shell tells of a child that was ended, and nobody hears it any more.
  trap 'exit 1' HUP INT TERM PIPE
  rm -rf -- "$cairn_new"
  mkdir -- "$cairn_new" || exit 1
  cairn_sum=$(cairn_packed | cairn_sha256) || exit 1
  case $cairn_sum in
    "$cairn_hash"* | none) ;;
    *) echo "$cairn_self is damaged or was replaced just now: load it again"; exit 1 ;;
  esac
  cairn_packed | gzip -dc | (cd "$cairn_new" && tar -xf -) || exit 1
  cairn_runtime "$cairn_new"
  "$cairn_new/cairn" run --allow-all --no-config --no-remote --no-npm "$cairn_new/settle.js" "$1" "$cairn_hash" "$cairn_new"
)

cairn_packed() { tail -c +@OFFSET@ "$cairn_self"; }

# Where there is no such tool, the sums inside are still looked at by settle.js.
cairn_sha256() {
  if command -v sha256sum >/dev/null; then sha256sum
  elif command -v shasum >/dev/null; then shasum -a 256
  elif command -v openssl >/dev/null; then openssl dgst -sha256 -r
  else cat >/dev/null; echo none
  fi
}

cairn_start "$@"
exit 1
