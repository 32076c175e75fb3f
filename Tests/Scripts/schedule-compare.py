#!/usr/bin/env python3
"""schedule-compare.py [COUNT] [SEED]: compares next with cronsim and croniter (pip install cronsim croniter).

cronsim has the same daylight saving rule and is compared in zones. croniter is compared in UTC. Syntax that they read
differently is left out: a/n (7 counts in their day of week), a-a/n (which they read as a/n, and cronie as a), and for
croniter */n in a day field, L and #.
"""
import os, random, subprocess, sys, tempfile
from datetime import datetime, timezone

os.environ.setdefault("PYTHONTZPATH", "/usr/share/zoneinfo")
import zoneinfo
from cronsim import CronSim, CronSimError
from croniter import croniter

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
# No zones that skip midnight (Cairo, Sao Paulo): cronsim fires a wildcard at a midnight that does not exist.
ZONES = ["America/New_York", "Europe/Berlin", "Europe/London", "Australia/Sydney", "Asia/Kolkata", "America/Denver"]
here = os.path.dirname(os.path.abspath(__file__))
scratch = os.environ.get("SCHEDULE_TOOL_SCRATCH", os.path.join(tempfile.gettempdir(), "rota-schedule-tool"))
subprocess.run(["swift", "build", "-c", "release", "--package-path", here + "/schedule-tool", "--scratch-path", scratch],
               check=True, stdout=sys.stderr)


def field(low, high, starts, weekday=False):
    kind = rng.random()
    if kind < starts: return "*"
    if kind < starts + 0.08: return f"*/{rng.randint(1, high)}"
    parts = []
    for _ in range(rng.randint(1, 3)):
        a, b = sorted(rng.sample(range(low, high + 1), 2))
        parts.append(rng.choice([f"{a}", f"{a}", f"{a}-{b}", f"{a}-{b}/{rng.randint(1, 6)}"]))
    return ",".join(parts)


def expression():
    days = rng.choice(["*", field(1, 28, 0.2), "L"]) if rng.random() < 0.9 else "LW"
    weekdays = rng.choice(["*", "*", field(0, 6, 0.3), f"{rng.randint(0, 6)}#{rng.randint(1, 4)}", f"{rng.randint(0, 6)}L"])
    return " ".join([field(0, 59, 0.25), field(0, 23, 0.35), days, field(1, 12, 0.6), weekdays])


def plain(text):
    return "L" not in text and "#" not in text and not any(
        part.startswith("*/") for part in (text.split()[2], text.split()[4]))


cases = []
while len(cases) < COUNT:
    text = expression()
    utc = rng.random() < 0.3
    # Most starts are near a change of the offset.
    start = rng.randint(946684800, 2145916800)
    if not utc and rng.random() < 0.7:
        start = int(datetime(rng.randint(2000, 2037), rng.choice([3, 4, 10, 11]), rng.randint(1, 30), rng.randint(0, 23),
                             tzinfo=timezone.utc).timestamp())
    cases.append((text, "UTC" if utc else rng.choice(ZONES), start))

lines = "\n".join(f"4\t{t}\t{z}\t{s}" for t, z, s in cases)
answers = subprocess.run([scratch + "/release/schedule-tool", "next"], input=lines, capture_output=True, text=True,
                         check=True).stdout.splitlines()
assert len(answers) == len(cases)
same = {"cronsim": 0, "croniter": 0}
different = []
for (text, zone, start), answer in zip(cases, answers):
    try:
        simulated = CronSim(text, datetime.fromtimestamp(start, zoneinfo.ZoneInfo(zone)))
        expected = []
        while len(expected) < 4:
            instant = int(next(simulated).timestamp())
            # Several times in one gap fire once here. cronsim returns each.
            if (not expected or instant != expected[-1]) and instant > start: expected.append(instant)
    except (CronSimError, StopIteration):
        expected = None
    if expected is not None:
        if answer == " ".join(map(str, expected)): same["cronsim"] += 1
        else: different.append(("cronsim", text, zone, start, answer, expected))
    if zone == "UTC" and plain(text):
        iterator = croniter(text, datetime.fromtimestamp(start, timezone.utc))
        expected = [int(iterator.get_next(float)) for _ in range(4)]
        if answer == " ".join(map(str, expected)): same["croniter"] += 1
        else: different.append(("croniter", text, zone, start, answer, expected))
print(f"agree: cronsim {same['cronsim']}, croniter {same['croniter']}; differ: {len(different)}")
for row in different[:10]: print(*row)
sys.exit(1 if different else 0)
