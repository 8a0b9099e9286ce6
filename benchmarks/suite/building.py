# SPDX-License-Identifier: BSL-1.0
"""Builds our programs and those of peers, and writes the data that they read."""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


class CannotBuild(Exception):
    """A tool is missing or has failed."""


def _run(command, where=None, environment=None):
    if shutil.which(str(command[0])) is None:
        raise CannotBuild(f"{command[0]} is not installed")
    done = subprocess.run([str(part) for part in command], cwd=where, env=environment, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise CannotBuild(f"{' '.join(str(part) for part in command)} ended with {done.returncode}:\n"
                          f"{(done.stdout + done.stderr)[-3000:]}")


class Programs:
    """Our programs, in this folder."""

    def __init__(self, folder):
        self.folder = folder

    def command(self, name):
        return [self.folder / name]

    def write(self, data, folder):
        """The file with these data, which is written once."""
        path = folder / data.name
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            begun = path.with_suffix(".begun")
            _run([*self.command("generate"), data.kind, data.count, data.distinct, begun])
            begun.rename(path)
        return path


def built(root, compiler, flags, names):
    """Our programs, optimised, in a folder of their own for each compiler and its flags."""
    mark = hashlib.sha256(f"{compiler} {flags}".encode()).hexdigest()[:8]
    folder = root / f"build-benchmarks-{mark}"
    if not (folder / "build.ninja").exists():
        _run(["meson", "setup", folder, "--buildtype=release", "-Dbenchmarks=enabled", "-Dtests=disabled",
              "-Dexamples=disabled"], root, os.environ | {"CXX": compiler, "CXXFLAGS": flags})
    _run(["ninja", "-C", folder, *(f"benchmarks/{name}" for name in sorted({*names, "generate"}))])
    return Programs(folder / "benchmarks")


class Timely:
    """Programs in ../timely, in Rust, with the versions of its Cargo.lock."""

    def __init__(self, here, _folder):
        self.here = here / "timely"

    def build(self):
        _run(["cargo", "build", "--release", "--locked"], self.here,
             os.environ | {"RUSTFLAGS": "-C target-cpu=native"})

    def command(self):
        return [self.here / "target" / "release" / "play"]


class Bytewax:
    """Programs in ../bytewax, in Python, with the versions of its requirements.txt in an environment of its own."""

    def __init__(self, here, folder):
        self.here, self.environment = here / "bytewax", folder / "bytewax"

    def build(self):
        required = self.here / "requirements.txt"
        installed = self.environment / "requirements.txt"
        if installed.exists() and installed.read_bytes() == required.read_bytes():
            return
        _run([sys.executable, "-m", "venv", "--clear", self.environment])
        _run([self.environment / "bin" / "pip", "install", "-q", "-r", required])
        shutil.copy(required, installed)

    def command(self):
        return [self.environment / "bin" / "python", self.here / "play.py"]


PEERS = {"timely": Timely, "bytewax": Bytewax}


def peer(name, here, folder):
    return PEERS[name](Path(here), Path(folder))
