# Shared by demo and test: what the build needs, and how to build. Sourced, not run.

set -eu
cd "$(dirname "$0")/.."

packages_build="cmake ninja-build pkg-config gcc libunicorn-dev libcapstone-dev libelf-dev libdw-dev libcyaml-dev \
libjansson-dev libsmartcols-dev libmd-dev uthash-dev check bats jq gcc-arm-none-eabi libnewlib-arm-none-eabi"
packages_test="gdb-multiarch clang libclang-rt-14-dev"

# Installs those of the given Debian packages that are missing.
install_missing() {
  missing=""
  for package in "$@"; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  sudo=""
  [ "$(id -u)" -eq 0 ] || sudo="sudo"
  echo "Installing:$missing" >&2
  $sudo apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Configures PRESET once; ninja reconfigures by itself when the build files change.
configure() {
  preset=$1 folder=$2
  [ -f "$folder/build.ninja" ] || cmake --preset "$preset" >/dev/null
}
