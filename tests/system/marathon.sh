#!/usr/bin/env bash
# Kills workers and agents of a training cluster at random times, the one that leads not spared, and demands of every
# run that it completes, that its ledger is exact, and that it ends with the parameters of an undisturbed run.
#
#   tests/system/marathon.sh                     2000 kills, about an hour
#   tests/system/marathon.sh --kills N           so many
#   tests/system/marathon.sh --seconds S         so long; the run under way is finished
#   tests/system/marathon.sh --seed N            the same victims and times again, as far as a real machine repeats them
#   tests/system/marathon.sh --programs FOLDER   default: build/dev/bin
#
# Needs no root; everything is on 127.0.0.1 and in a fresh folder. The exit code is 0 when all went well.
set -euo pipefail
case ${1:-} in
  -h | --help) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
esac
here=$(dirname "$(readlink -f "$0")")
exec python3 "$here/marathon.py" --programs "$here/../../build/dev/bin" "$@"
