#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test that can run here, says what was skipped and why.
#
#   bash tests/run.sh                    everything
#   bash tests/run.sh --fast             only what is labelled fast, and no second build
#   bash tests/run.sh --only REGEX       only ctest's tests whose names match, and no second build
#
# The last line is "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed. Can be run again and
# is quick then. Needs no display: window tests get a virtual screen. Details: tests/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set -/s/^# \{0,1\}//p' tests/run.sh | sed '$d' >&2; exit 2; }
labels="fast system gui"
boundary=yes
only=.
while [ $# -gt 0 ]; do
  case $1 in
    --fast) labels=fast; boundary=no; shift ;;
    --only) only=${2:-}; [ -n "$only" ] || usage; boundary=no; shift 2 ;;
    *) usage ;;
  esac
done

started=$SECONDS
say() { printf '\n=== %s  (after %d s)\n' "$*" $((SECONDS - started)); }
# What cannot even be built counts as one failed test, so that the last line is always there.
giveUp() { printf '\n%s\n0 passed, 1 failed, 0 skipped\n' "$*"; exit 1; }

cores=$(nproc)
# A compiler without libtorch takes up to 0.8 GB; jobs with libtorch have a pool of their own (root CMakeLists.txt).
available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
jobs=$((available / 800 < cores ? available / 800 : cores))
jobs=$((jobs < 1 ? 1 : jobs))
quiet=--quiet
if [ -t 1 ]; then quiet=""; fi

# build <preset>
build() {
  cmake --preset "$1" > "build/$1.configure.log" 2>&1 ||
    { cat "build/$1.configure.log"; giveUp "The configuration of preset $1 failed."; }
  ninja -C "build/$1" $quiet -j "$jobs" || giveUp "The build of preset $1 failed."
}

results=()
# check <preset> <label> <jobs> [<command before ctest>...]
check() {
  local preset=$1 label=$2 parallel=$3 exclude file
  shift 3
  # What looks at the tree and not at the build needs no repetition.
  if [ "$preset" = core ]; then exclude="^(tidy|summary)"; else exclude="^$"; fi
  file=$PWD/build/$preset-$label.xml
  rm -f "$file"
  # Whether something failed is read from the file; a ctest that ran nothing must not end this script either.
  "$@" ctest --test-dir "build/$preset" -L "^$label\$" -R "$only" -E "$exclude" -j "$parallel" --output-on-failure \
    --no-tests=ignore --output-junit "$file" --test-output-size-passed 4000000 --test-output-size-failed 4000000 \
    --test-output-truncation middle || true
  if [ -e "$file" ]; then
    if [ "$preset" = core ]; then results+=(--as-one "without Qt and libtorch"); fi
    results+=("$file")
  fi
}

say "Packages"
bash installer/packages.sh build run test || giveUp "The packages for the tests could not be installed."

mkdir -p build
say "Build (preset dev, $jobs jobs)"
build dev

# Tests must not see or touch what the user has.
LONGSHIP_HOME=$(mktemp -d "${TMPDIR:-/tmp}/longship-tests-XXXXXX")
export LONGSHIP_HOME
trap 'rm -rf "$LONGSHIP_HOME"' EXIT

for label in $labels; do
  say "Tests labelled $label"
  case $label in
    fast) check dev fast "$cores" ;;
    # These start clusters and measure time limits: one at a time.
    system) check dev system 1 ;;
    # On a screen of their own, even where there is a real one: nobody's focus is stolen.
    gui)
      if command -v xvfb-run > /dev/null && command -v xauth > /dev/null; then
        check dev gui 1 env -u WAYLAND_DISPLAY QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1000x24"
      else
        check dev gui 1 env QT_QPA_PLATFORM=offscreen
      fi
      ;;
  esac
done

if [ $boundary = yes ]; then
  say "The same without Qt and without libtorch (preset core)"
  build core
  check core fast "$cores"
fi

say "Summary"
python3 tests/summary/summary.py "${results[@]}"
