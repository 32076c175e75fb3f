#!/bin/sh
# schedule-fuzz.sh [COUNT] [SEED]: feeds random and mutated cron texts, zone files, JSON and dates (10 million by
# default) to a release build. It fails on a trap, or on a result that contradicts another.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=${SCHEDULE_TOOL_SCRATCH:-${TMPDIR:-/tmp}/rota-schedule-tool}
swift build -c release --package-path "$here/schedule-tool" --scratch-path "$scratch" >&2
exec "$scratch/release/schedule-tool" fuzz "${1:-10000000}" "${2:-1}"
