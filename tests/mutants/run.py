# SPDX-License-Identifier: BSL-1.0
"""run.py SOURCE BUILD COMPILER [WORD ...]: builds the simulation against headers that are wrong on purpose, one mutant of
`mutants.py` after the other, and runs seeds until one fails. A mutant that no seed finds out is a failure.
With words: only the mutants whose names hold one of them.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutants import MUTANTS

MOST_SEEDS = 20000
MOST_SECONDS = 300
_FAILED_SEED = re.compile(r"LEAT_SIMULATION_SEED=(\d+) \S+\s+# (.*)")


def mutated(original, mutant):
    """{file: its text after the changes}; ValueError when a text does not stand there exactly once."""
    texts = {}
    for file, text, instead in mutant[1:]:
        before = texts.get(file) or (original / "leat" / file).read_text()
        if before.count(text) != 1:
            raise ValueError(f"{mutant[0]}: {file} holds {before.count(text)} times: {text}")
        texts[file] = before.replace(text, instead)
    return texts


def compile_all(source, folder, compiler):
    """The simulation's program, of the headers in the folder."""
    flags = ["-std=c++20", "-O1", "-w", f"-I{folder / 'include'}", f"-I{source / 'tests'}"]
    units = [*sorted((source / "tests" / "simulation").glob("*.cpp")), source / "tests" / "main.cpp"]
    objects = [folder / (unit.parent.name + "-" + unit.stem + ".o") for unit in units]

    def compile_one(unit, made):
        subprocess.run([*compiler, *flags, "-c", str(unit), "-o", str(made)], check=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(compile_one, units, objects))
    program = folder / "simulation"
    subprocess.run([*compiler, *map(str, objects), "-pthread", "-o", str(program)], check=True)
    return program


def outcome(program):
    """How a mutant was found out; empty when it was not."""
    environment = {**os.environ, "LEAT_SIMULATION_SEEDS": str(MOST_SEEDS)}
    environment.pop("LEAT_SIMULATION_SEED", None)
    running = subprocess.Popen(["timeout", str(MOST_SECONDS), str(program)], env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in running.stdout:
        failed = _FAILED_SEED.match(line)
        if failed:
            running.terminate()
            running.wait()
            return f"seed {failed[1]}: {failed[2]}"
    status = running.wait()
    return "" if status == 0 else f"the program ended with status {status}"


def main(source, build, compiler, words):
    original = source / "include"
    folder = build / "mutants"
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant[0] for word in words)]
    survivors = []
    shutil.rmtree(folder / "include", ignore_errors=True)
    shutil.copytree(original, folder / "include")
    changes = [(mutant[0], mutated(original, mutant)) for mutant in chosen]
    for name, texts in changes:
        for file, text in texts.items():
            (folder / "include" / "leat" / file).write_text(text)
        found = outcome(compile_all(source, folder, compiler))
        for file in texts:
            shutil.copy(original / "leat" / file, folder / "include" / "leat" / file)
        print(f"{name}: {found or 'SURVIVED'}", flush=True)
        if not found:
            survivors.append(name)
    print(f"{len(chosen) - len(survivors)} passed, {len(survivors)} failed")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), shlex.split(sys.argv[3]), sys.argv[4:]))
