# SPDX-License-Identifier: BSL-1.0
"""in_environment.py ENVIRONMENT REQUIREMENT SCRIPT [ARGUMENT...]: runs a script in a virtual environment of that path,
into which the requirement, NAME==VERSION, is installed first. 77, with the reason, where it cannot be installed.
"""
import fcntl
import subprocess
import sys
from pathlib import Path

# Open until the process ends: who asks for the same environment meanwhile waits for that.
_held = []


def installed(environment, requirement):
    """None once the environment has it; else the reason why it has not. It is this process's alone until that ends."""
    environment.parent.mkdir(parents=True, exist_ok=True)
    _held.append(open(f"{environment}.lock", "w"))
    fcntl.flock(_held[-1], fcntl.LOCK_EX)
    python = environment / "bin" / "python"
    name, version = requirement.split("==")
    asks = f"import importlib.metadata as found; raise SystemExit(found.version({name!r}) != {version!r})"
    if python.exists() and subprocess.run([str(python), "-c", asks], stderr=subprocess.DEVNULL).returncode == 0:
        return None
    for command in ([sys.executable, "-m", "venv", "--clear", str(environment)],
                    [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"{command[2]} ended with {done.returncode}"]
            return f"{requirement} cannot be installed: {said[-1]}"
    return None


if __name__ == "__main__":
    environment = Path(sys.argv[1]).resolve()
    why = installed(environment, sys.argv[2])
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    sys.exit(subprocess.run([str(environment / "bin" / "python"), *sys.argv[3:]]).returncode)
