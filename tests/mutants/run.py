# SPDX-License-Identifier: BSL-1.0
"""run.py SOURCE BUILD COMPILER [WORD ...]: builds the simulation against headers that can be wrong on purpose, has each
mutant of `mutants.py` run seeds until one fails, and says which did. A mutant that no seed finds out is a failure, and so
are headers that fail although no mutant is at work. With words: only the mutants whose names hold one of them.

All changes are made to one copy of the headers, each where LEAT_MUTANT says so, since compiling takes far longer than
most mutants live.
"""
import os
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutants import MUTANTS, RECOVERY_MUTANTS

MOST_SEEDS = 200000
SOUND_SEEDS = 500
MOST_SECONDS = 1200
RANDOM_FLOWS = "random flows*"
OUT_OF_TIME = 128 + signal.SIGKILL  # what `timeout` ends with: no seed that was run found the mutant out
_FAILED_SEED = re.compile(r"LEAT_(?:SIMULATION|RECOVERY)_SEED=(\d+) \S+\s+# (.*)")
_FAILED_CASE = re.compile(r"TEST CASE:  (?!random flows)(.*)")
_CHOICE = """#pragma once
#include <cstdlib>
inline int const leat_mutant = std::getenv("LEAT_MUTANT") == nullptr ? 0 : std::atoi(std::getenv("LEAT_MUTANT"));
"""


def either(number, instead, text):
    """Source text that is `instead` in the mutant of this number, otherwise `text`."""
    chosen = f"(leat_mutant == {number})"
    if "{mutant}" in instead:
        return instead.replace("{mutant}", chosen)
    if text.rstrip().endswith((";", "}")):
        return f"if {chosen} {{ {instead} }} else {{ {text} }}"
    return f"({chosen} ? ({instead}) : ({text}))"


def mutated(headers, mutants):
    """{file: its text with all mutants in it}; ValueError when a text does not stand there exactly once."""
    originals, grown = {}, {}
    for number, (name, *changes) in enumerate(mutants, 1):
        for file, text, instead in changes:
            if file not in originals:
                originals[file] = (headers / "leat" / file).read_text()
            times = originals[file].count(text)
            if times != 1:
                raise ValueError(f"mutants.py: {name}: {file} holds {times} times: {text}")
            of_file = grown.setdefault(file, {})
            of_file[text] = either(number, instead, of_file.get(text, text))
    result = {}
    for file, original in originals.items():
        pattern = "|".join(re.escape(text) for text in sorted(grown[file], key=len, reverse=True))
        result[file] = re.sub(pattern, lambda found, all_of=grown[file]: all_of[found[0]], original)
    return result


def compile_all(source, folder, compiler, name, units, libraries=()):
    """A program of the tests, of the headers in the folder."""
    flags = ["-std=c++20", "-O1", "-w", "-include", str(folder / "mutant.hpp"), f"-I{folder / 'include'}",
             f"-I{source / 'tests'}"]
    units = [*units, source / "tests" / "main.cpp"]
    objects = [folder / f"{unit.parent.name}-{unit.stem}.o" for unit in units]

    def compile_one(unit, made):
        subprocess.run([*compiler, *flags, "-c", str(unit), "-o", str(made)], check=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, units, objects))
    program = folder / name
    subprocess.run([*compiler, *map(str, objects), "-pthread", *libraries, "-o", str(program)], check=True)
    return program


def outcome(program, number, seeds):
    """How the mutant of this number was found out; empty when it was not.

    Random flows come last: they take longest, and what they do not look at is found out by a case of its own.
    """
    return (found_out(program, number, min(seeds, MOST_SEEDS // 10), f"-tce={RANDOM_FLOWS}")
            or found_out(program, number, seeds, f"-tc={RANDOM_FLOWS}"))


def found_out(program, number, seeds, cases):
    environment = {**os.environ, "LEAT_MUTANT": str(number), "LEAT_SIMULATION_SEEDS": str(seeds),
                   "LEAT_RECOVERY_SEEDS": str(seeds)}
    environment.pop("LEAT_SIMULATION_SEED", None)
    environment.pop("LEAT_RECOVERY_SEED", None)
    line_by_line = ["stdbuf", "-oL", str(program), cases]  # else a case that fails is heard of when all seeds have run
    # Of a milder signal doctest says that the case has failed in which it came.
    running = subprocess.Popen(["timeout", "--signal=KILL", str(MOST_SECONDS), *line_by_line], env=environment,
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    for line in running.stdout:
        seed, case = _FAILED_SEED.match(line), _FAILED_CASE.match(line)
        if seed or case:
            os.killpg(running.pid, signal.SIGKILL)  # of a milder one doctest tells, which may wait for itself
            running.wait()
            return f"seed {seed[1]}: {seed[2]}" if seed else case[1]
    status = running.wait()
    if status in (0, OUT_OF_TIME):
        return ""
    return f"seed {first_crash(program, environment, seeds, cases)}: the program ended with status {status}"


def first_crash(program, environment, seeds, cases):
    """The fewest seeds that make it end badly."""
    sound, bad = 0, seeds
    while bad - sound > 1:
        middle = min(sound * 2 + 1, (sound + bad) // 2)  # short runs first
        environment["LEAT_SIMULATION_SEEDS"] = environment["LEAT_RECOVERY_SEEDS"] = str(middle)
        ends_well = subprocess.run([str(program), cases], env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL).returncode == 0
        sound, bad = (middle, bad) if ends_well else (sound, middle)
    return bad


def main(source, build, compiler, words):
    folder = build / "mutants"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source / "include", folder / "include")
    for file, text in mutated(source / "include", [*MUTANTS, *RECOVERY_MUTANTS]).items():
        (folder / "include" / "leat" / file).write_text(text)
    (folder / "mutant.hpp").write_text(_CHOICE)

    results = []
    tests = source / "tests"
    of_recovery = [*sorted((tests / "histories").glob("*.cpp")), tests / "recovery" / "versions.cpp"]
    for first, mutants, what in (
            (1, MUTANTS, ("simulation", sorted((tests / "simulation").glob("*.cpp")))),
            (1 + len(MUTANTS), RECOVERY_MUTANTS, ("histories", of_recovery, ["-lsqlite3"]))):
        chosen = [(number, name) for number, (name, *_) in enumerate(mutants, first)
                  if not words or any(word in name for word in words)]
        if not chosen:
            continue
        program = compile_all(source, folder, compiler, *what)
        failed = outcome(program, 0, SOUND_SEEDS)
        print(f"no mutant, {what[0]}: {failed or 'sound'}", flush=True)
        results.append(not failed)
        needed = []
        for number, name in chosen:
            found = outcome(program, number, MOST_SEEDS)
            print(f"{name}: {found or 'SURVIVED'}", flush=True)
            results.append(bool(found))
            needed += [int(seed) for seed in re.findall(r"^seed (\d+):", found)]
        if needed:
            print(f"median of the seeds that found a mutant, {what[0]}: {statistics.median(needed):.0f}", flush=True)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), shlex.split(sys.argv[3]), sys.argv[4:]))
