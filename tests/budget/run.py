# SPDX-License-Identifier: BSL-1.0
"""run.py PROJECT COMPILER [--write]: what programs cost to compile, without a clock: the functions in their objects, not
optimised, in both forms, against what stands in baseline.json beside this file, with 3 % of room.

A header that makes programs dearer is found out here. Where the price is right, --write notes the new figures.
"""
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
BASELINE = HERE / "baseline.json"
ROOM = 1.03
PROGRAMS = ("tests/budget/hello.cpp", "examples/wordcount.cpp", "examples/running_mean.cpp", "examples/join.cpp",
            "examples/enrich_async.cpp")
FORMS = {"header-only": [], "compiled": ["-DLEAT_COMPILED"]}


def functions(project, compiler, program, flags):
    """How many functions the program's object defines."""
    with tempfile.TemporaryDirectory(prefix="leat-budget-") as folder:
        made = Path(folder, "object.o")
        subprocess.run([compiler, "-std=c++20", "-O0", "-c", *flags, "-I", project / "include", project / program,
                        "-o", made], check=True)
        symbols = subprocess.run(["nm", "--defined-only", made], check=True, capture_output=True, text=True).stdout
    return sum(line.split()[-2] in "tTwW" for line in symbols.splitlines())


def main(project, compiler, write):
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if not write and baseline.get("compiler") != f"g++ {version}":
        print(f"skipped: the figures are those of {baseline.get('compiler')}, and this is {version}")
        return 77
    jobs = [(f"{program}, {form}", program, flags) for program in PROGRAMS for form, flags in FORMS.items()]
    with ThreadPoolExecutor(2) as pool:
        counts = dict(zip((name for name, *_ in jobs),
                          pool.map(lambda job: functions(project, compiler, job[1], job[2]), jobs)))
    if write:
        BASELINE.write_text(json.dumps({"compiler": f"g++ {version}", "functions": counts}, indent=2) + "\n")
        return 0
    failed = 0
    for name, count in counts.items():
        allowed = baseline["functions"].get(name, 0)
        over = count > allowed * ROOM
        failed += over
        print(f"{name}: {count} functions, {allowed} before{': more than 3 % dearer' if over else ''}")
    if failed:
        print("Keep what only bodies need out of headers (docs/decisions/023-two-forms.md), or note the new price with "
              "python3 tests/budget/run.py . g++ --write")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2], "--write" in sys.argv[3:]))
