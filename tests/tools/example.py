# SPDX-License-Identifier: BSL-1.0
"""What the tests of the examples have in common."""
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = sys.argv[1]
SKIPPED = 77


def run(*arguments, text=True, **more):
    """Runs the example, and fails the test if it fails. Gives its standard output."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=text, timeout=240, check=False,
                          stdin=subprocess.DEVNULL, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join([PROGRAM, *arguments])} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}:\n  got    {got!r}\n  wanted {wanted!r}")


def shared_data(*parts):
    """A file or folder of the real data beside the project. Where it is absent the test is skipped, and says so."""
    for folder in (os.environ.get("LEAT_TEST_DATA"), Path(__file__).resolve().parents[2] / ".." / "shared" / "data"):
        if folder and Path(folder, *parts).exists():
            return Path(folder, *parts)
    print(f"skipped: there is no {'/'.join(('shared', 'data', *parts))} beside the project")
    sys.exit(SKIPPED)
