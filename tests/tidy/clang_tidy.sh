#!/usr/bin/env bash
# clang-tidy with the profile .clang-tidy.
#   tests/tidy/clang_tidy.sh              the C++ files that differ from main (or, on main, from the last commit)
#   tests/tidy/clang_tidy.sh --all        every C++ file that build/dev compiles
#   tests/tidy/clang_tidy.sh FILE.cpp...  these
# Needs clang-tidy and a configured and built build/dev (generated headers). Exit code 1 when there is a finding.
set -euo pipefail
cd "$(dirname "$0")/../.."

database=build/dev/compile_commands.json
command -v clang-tidy > /dev/null || { echo "needs clang-tidy: apt-get install clang-tidy" >&2; exit 2; }
[ -e $database ] || { echo "needs $database: cmake --preset dev && ninja -C build/dev" >&2; exit 2; }

changed() {
  local base
  base=$(git merge-base HEAD main 2> /dev/null || echo HEAD)
  if [ "$base" = "$(git rev-parse HEAD)" ]; then base=HEAD~1; fi
  { git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } | grep '\.cpp$' || true
}

case ${1:-} in
  --all) mapfile -t files < <(git ls-files '*.cpp') ;;
  "") mapfile -t files < <(changed) ;;
  *) files=("$@") ;;
esac

compiled=()
for file in "${files[@]}"; do
  if grep -q "\"file\": \"[^\"]*/$file\"" $database; then compiled+=("$file"); fi
done
echo "${#compiled[@]} files"
if [ ${#compiled[@]} = 0 ]; then exit 0; fi
# The precompiled header of g++ is none for clang; without it the same includes are read from their files.
printf '%s\0' "${compiled[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p build/dev \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unknown-pragmas
