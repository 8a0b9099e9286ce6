# SPDX-License-Identifier: BSL-1.0
"""summary.py BUILD [--suites a,b] [--only x,y] [--multiplier N] [--build-failed]: runs the tests of a build.
With --targets it prints what Ninja has to build for them instead.

The last line says `N passed, N failed`. A doctest program counts as its test cases, anything else as one test. A
program that does not exist, or that ends badly although all its test cases passed, counts as one that failed.
"""
import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

_DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def count(result, status, output):
    """(passed, failed, skipped) of one test as Meson logged it."""
    if result == "SKIP":
        return 0, 0, 1
    good = result in ("OK", "EXPECTEDFAIL")
    said = _DOCTEST.search(_COLOUR.sub("", output))
    if said is None:
        return (1, 0, 0) if good else (0, 1, 0)
    cases, passed, failed = (int(number) for number in said.groups())
    if cases == 0 or (not good and failed == 0) or (good and failed != 0):
        failed += 1
    return passed, failed, 0


def wanted(tests, suites, only):
    """The tests in one of the suites whose name begins with one of `only`; an empty list allows all."""
    for test in tests:
        suite = [name.split(":")[-1] for name in test["suite"]]
        parts = re.split("[-.]", test["name"])
        if (not suites or set(suite) & set(suites)) and (not only or parts[0] in only or test["name"] in only):
            yield test


def listed(build, suites, only):
    said = subprocess.run(["meson", "introspect", "--tests", str(build)], capture_output=True, text=True, check=True)
    return list(wanted(json.loads(said.stdout), suites, only))


def targets(build, suites, only):
    """The programs of the build that these tests start."""
    root = build.resolve()
    parts = [Path(part).resolve() for test in listed(build, suites, only)
             if set(test["suite"]) & {"leat:unit", "leat:examples"} for part in test["cmd"]]
    return {part.relative_to(root).as_posix() for part in parts if root in part.parents}


def at_once():
    """Tests at a time: one more than there are cores, since many wait for processes, timers and disks."""
    return len(os.sched_getaffinity(0)) + 1


def run(build, suites, only, multiplier, build_failed):
    tests = listed(build, suites, only)
    passed = failed = skipped = 0
    missing = [test for test in tests if not Path(test["cmd"][0]).exists()]
    if build_failed and not missing:
        print("FAILED: the build is not complete; what follows tests older programs")
        failed += 1
    for test in missing:
        print(f"FAILED {test['name']}: {test['cmd'][0]} was not built")
        tests.remove(test)
        failed += 1
    log = build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    if tests:
        sys.stdout.flush()
        subprocess.run(["meson", "test", "-C", str(build), "--no-rebuild", "--print-errorlogs", "-t", str(multiplier),
                        "--num-processes", str(at_once()),
                        *(test["name"] for test in tests)], stdin=subprocess.DEVNULL)
    logged = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    for entry in logged:
        more = count(entry["result"], entry["returncode"], entry.get("stdout", ""))
        if more[2]:
            print(f"SKIPPED {entry['name']}: {(entry.get('stdout', '').strip().splitlines() or ['no reason given'])[0]}")
        if more[1]:
            print(f"FAILED {entry['name']}: {entry['result']}")
        passed, failed, skipped = passed + more[0], failed + more[1], skipped + more[2]
    if len(logged) < len(tests):
        print(f"FAILED: {len(tests) - len(logged)} tests left no result")
        failed += len(tests) - len(logged)
    if passed + failed == 0:
        print("FAILED: no test was run")
        failed = 1
    return passed, failed, skipped


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=Path)
    parser.add_argument("--suites", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--multiplier", default="1")
    parser.add_argument("--build-failed", action="store_true")
    parser.add_argument("--targets", action="store_true")
    given = parser.parse_args()
    chosen = [[name for name in names.split(",") if name] for names in (given.suites, given.only)]
    if given.targets:
        print("\n".join(sorted(targets(given.build, *chosen))))
        sys.exit(0)
    passed, failed, skipped = run(given.build, *chosen, given.multiplier, given.build_failed)
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
