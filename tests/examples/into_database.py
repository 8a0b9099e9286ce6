# SPDX-License-Identifier: BSL-1.0
"""Killed at random moments and started again, with other workers and processes too: the database has each row once, those
of a word in their order.
"""
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import LONG, PROGRAM, check, chosen_seed, run  # noqa: E402

import random  # noqa: E402

chance = random.Random(chosen_seed())


def rows(database, table):
    """By word: its numbers, in the order in which they were written."""
    with sqlite3.connect(database) as connection:
        found = {}
        for word, number in connection.execute(f"SELECT word, number FROM {table} ORDER BY rowid"):
            found.setdefault(word, []).append(number)
        return found


def survive(shapes, most_kills):
    """How many runs were killed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = [f"w{chance.randrange(50)}" for _ in range(20000)]
        (folder / "in").write_text("".join(f"{word}\n" for word in words))
        wanted = {word: list(range(1, count + 1)) for word, count in Counter(words).items()}
        run("--recovery-init=2", "-r", folder / "store")
        killed = 0
        for attempt in range(most_kills + 1):
            started = subprocess.Popen([PROGRAM, *chance.choice(shapes), "-r", folder / "store", "-s", "0", folder / "in",
                                        folder / "database"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                       start_new_session=True)
            if attempt < most_kills:
                time.sleep(chance.random() * 0.3)
                if started.poll() is None:
                    os.killpg(started.pid, signal.SIGKILL)
                    killed += 1
            said = started.communicate(timeout=120)[1]
            if started.returncode not in (0, -signal.SIGKILL):
                sys.exit(f"attempt {attempt} ended with {started.returncode}: {said}")
        check("the last run", started.returncode, 0)
        for table in ("kept", "staged"):
            found = rows(folder / "database", table)
            check(f"{table}: the words", sorted(found), sorted(wanted))
            for word, numbers in found.items():
                check(f"{table}: {word}", numbers, wanted[word])
        check("nothing is left hidden", rows(folder / "database", "hidden"), {})
        check("both are exactly once", 'exactly once: "into_database.in", "into_database.kept", "into_database.staged"' in said, True)
        return killed


def check_without_store():
    """Two runs that keep nothing: neither takes the tokens of the other for its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").write_text("a\nb\na\n")
        for _ in range(2):
            run(folder / "in", folder / "database")
        for table in ("kept", "staged"):
            check(f"{table}, without a store", rows(folder / "database", table), {"a": [1, 2, 1, 2], "b": [1, 1]})


check_without_store()
ROUNDS = 20 if LONG else 1
killed = sum(survive(shapes, 8) for _ in range(ROUNDS) for shapes in ([[]], [["-w", "2"], ["-p", "2"], []]))
print(f"{killed} runs were killed; each row is there once")
