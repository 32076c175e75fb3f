#!/bin/sh
# schedule-allocations.sh: counts the calls of malloc that CronExpression.next makes in a release build (Linux).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=${SCHEDULE_TOOL_SCRATCH:-${TMPDIR:-/tmp}/rota-schedule-tool}
swift build -c release --package-path "$here/schedule-tool" --scratch-path "$scratch" >&2
"${CC:-clang}" -shared -fPIC -O1 -o "$scratch/count.so" "$here/schedule-allocations.c"
LD_PRELOAD="$scratch/count.so" exec "$scratch/release/schedule-tool" allocations
