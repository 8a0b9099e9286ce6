# SPDX-License-Identifier: BSL-1.0
"""run.py [FILE]: looks at every state of the model of the handshake, with spin and a C compiler. The protocol must hold; each
weaker one (see the model) must be found out, or the model would be worth nothing. The last line says `N passed, N failed`.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MODEL = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "handshake.pml").resolve()
# What is switched on, and whether an assertion has to fail.
TRIALS = [("", False), ("HONEST", True), ("OLD", True), ("NO_ROLE", True), ("EAGER", True), ("PLAIN", True), ("ORACLE", True)]
DEPTH = 1000000


def explored(switch, folder):
    """(errors, states) of the model with this switch; SystemExit when it could not look at all of it."""
    switches = [f"-D{switch}"] if switch else []
    subprocess.run(["spin", "-a", *switches, str(MODEL)], cwd=folder, check=True, stdout=subprocess.PIPE)
    subprocess.run(["cc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DNOFAIR", "-DMEMLIM=2000", "-o", "pan", "pan.c"],
                   cwd=folder, check=True)
    said = subprocess.run(["./pan", f"-m{DEPTH}", "-n"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    errors = int(re.search(r"errors: (\d+)", said)[1])
    states = int(re.search(r"(\d+) states, stored", said)[1])
    if errors == 0 and re.search(r"not completed|max search depth too small|out of memory", said):
        sys.exit(f"the search was cut short:\n{said}\n0 passed, 1 failed")
    return errors, states


def main():
    failed = 0
    for switch, wrong in TRIALS:
        with tempfile.TemporaryDirectory() as folder:
            errors, states = explored(switch, folder)
        good = (errors != 0) == wrong
        failed += not good
        name = switch or "the protocol"
        found = "an assertion fails" if errors else "no assertion fails"
        print(f"{'ok' if good else 'FAILED'}: {name}: {found}, {states} states", flush=True)
    print(f"{len(TRIALS) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
