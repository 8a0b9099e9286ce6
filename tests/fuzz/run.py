#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs each harness of this folder on what libFuzzer makes of its corpus: run.py ROOT BUILD SECONDS

corpus/NAME holds small inputs that reach much of the code; what is found is left in BUILD. The last line says
`N passed, N failed`."""
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# A refusal is an exception, and looking after the stacks that it leaves costs most of the time.
environment = os.environ | {"ASAN_OPTIONS": "detect_stack_use_after_return=0"}

libraries = {"store": ["-lsqlite3"]}

root, build, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
here = root / "tests" / "fuzz"
build.mkdir(parents=True, exist_ok=True)


def fuzzed(harness):
    """Whether nothing was found, and what is to be printed."""
    name = harness.stem
    program = build / name
    compiled = subprocess.run(["clang++-19", "-std=c++20", "-O1", "-gline-tables-only",
                               "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
                               f"-I{root / 'include'}", f"-I{root / 'tests'}", str(harness), "-o", str(program),
                               *libraries.get(name, [])],
                              check=False)
    if compiled.returncode != 0:
        return False, f"fuzz {name}: does not compile"
    corpus = build / f"{name}-corpus"
    shutil.rmtree(corpus, ignore_errors=True)
    shutil.copytree(here / "corpus" / name, corpus)
    ran = subprocess.run([str(program), f"-max_total_time={seconds}", "-max_len=2000", "-timeout=20",
                          "-rss_limit_mb=2048", f"-artifact_prefix={build}/{name}-", str(corpus)],
                         stderr=subprocess.PIPE, text=True, check=False, env=environment)
    good = ran.returncode == 0
    inputs = re.search(r"Done (\d+) runs", ran.stderr)
    result = f"fuzz {name}: {inputs[1] if inputs else 'ended early'} inputs, {'clean' if good else 'FAILED'}"
    return good, result if good else f"{result}\n{ran.stderr[-4000:]}"


passed = failed = 0
with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
    for good, text in side_by_side.map(fuzzed, sorted(here.glob("*.cpp"))):
        print(text, flush=True)
        passed += good
        failed += not good
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
