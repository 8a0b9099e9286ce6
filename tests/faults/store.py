# SPDX-License-Identifier: BSL-1.0
"""Something is wrong with a recovery store: all processes end, not with 0, and one sentence names the file and what it is.
Once that is mended the same command goes on, and the output is that of an undisturbed run.
"""
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check  # noqa: E402

NOBODY = 65534
WORDS = [f"w{i * i % 37}\n" for i in range(160)]


class Store:
    """A store that has seen half of the input, in a folder that anybody may look into."""

    def __init__(self, folder):
        self.folder, self.part = folder, folder / "store" / "part-1.sqlite3"
        for path in (folder, folder / "out", folder / "plain"):
            path.mkdir(exist_ok=True)
        self.inputs = [folder / "in0", folder / "in1"]
        self.write(WORDS)
        subprocess.run([PROGRAM, folder / "plain", *self.inputs], check=True)
        self.write(WORDS[:80])
        subprocess.run([PROGRAM, "--recovery-init=2", "-r", folder / "store"], check=True, stdout=subprocess.DEVNULL)
        check("the first half", self.run()[0], 0)
        self.write(WORDS)
        self.sound = self.part.read_bytes()

    def write(self, words):
        for number, path in enumerate(self.inputs):
            path.write_text("".join(words[number::2]))

    def run(self, *flags, environment=(), user=None):
        """Its exit code, and the sentences that it and its processes have said of a store, each once."""
        ran = subprocess.run([PROGRAM, "-r", self.folder / "store", "-s", "0", "-p", "2", *flags, self.folder / "out",
                              *self.inputs], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             text=True, timeout=60, check=False, env=os.environ | dict(environment), user=user)
        said = {line[line.index("the recovery store"):] for line in ran.stderr.splitlines() if "the recovery store" in line}
        return ran.returncode, sorted(said), ran.stderr

    def results(self, name):
        return {path.name: Counter(path.read_text().splitlines())
                for path in sorted([*(self.folder / name).glob("values/*"), self.folder / name / "lines"])}


def survives(what, reason, breaks, mends, status=1, **how):
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        store = Store(Path(name))
        held = breaks(store)
        code, said, everything = store.run(*how.get("flags", ()), environment=how.get("environment", {}).items(),
                                           user=how.get("user"))
        check(f"{what}: the exit code, of {everything!r}", code, status)
        check(f"{what}: one sentence, {everything!r}", len(said), 1)
        path = str(store.folder / "store")
        check(f"{what}: the file is named, {said[0]!r}", path in said[0], True)
        check(f"{what}: the reason, {said[0]!r}", reason in said[0], True)
        mends(store, held)
        code, said, everything = store.run()
        check(f"{what}: afterwards, {everything!r}", code, 0)
        check(f"{what}: the results", store.results("out") == store.results("plain"), True)


def nothing(*_):
    return None


def put_back(store, _):
    store.part.write_bytes(store.sound)


def lock(store):
    held = sqlite3.connect(store.part, isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    return held


def flip(store):
    changed = bytearray(store.sound)
    changed[changed.index(b"w16", len(changed) // 2)] ^= 1
    store.part.write_bytes(changed)


def newer(store):
    held = sqlite3.connect(store.part)
    held.execute("PRAGMA user_version = 99")
    held.close()


def of_another(store):
    other = store.folder / "other"
    subprocess.run([PROGRAM, "--recovery-init=2", "-r", other], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(other / "part-1.sqlite3", store.part)


def give_to_others(store, of_part, of_directory):
    for path in [store.folder, *store.folder.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    store.part.chmod(of_part)
    store.part.parent.chmod(of_directory)


def read_only_directory(store):
    for journal in store.part.parent.glob("*-journal"):  # with its journal there, a file can be written all the same
        journal.unlink()
    give_to_others(store, 0o666, 0o555)


def take_back(store, _):
    give_to_others(store, 0o666, 0o777)


user = NOBODY if os.geteuid() == 0 else None
for first in (1, 15):
    survives("the disk is full", "the disk is full: make room and start again", nothing, nothing,
             environment={"KEPT_STORE_FAILS": f"{errno.ENOSPC}:{first}"})
    survives("the disk fails", f"it cannot be read or written: {os.strerror(errno.EIO)}", nothing, nothing,
             environment={"KEPT_STORE_FAILS": f"{errno.EIO}:{first}"})
survives("another process", "another process is using it", lock, lambda _, held: held.close(), 75,
         flags=["--dead-after=0.3", "--suspect-after=0.2"])
survives("cut off", "it is damaged", lambda store: os.truncate(store.part, len(store.sound) // 2), put_back)
survives("a bit", "it is damaged", flip, put_back)
survives("newer", "a newer leat has written it", newer, put_back)
survives("another store's", "does not belong to", of_another, put_back)
survives("no permission", "it cannot be", lambda store: give_to_others(store, 0o000, 0o777), take_back, user=user)
survives("read only", "it cannot be", lambda store: give_to_others(store, 0o444, 0o777), take_back, user=user)
survives("a directory that is read only", "it cannot be", read_only_directory, take_back, user=user)
with tempfile.TemporaryDirectory() as empty:
    ran = subprocess.run([PROGRAM, "--forget-step=kept.gone", empty, "in"], stdin=subprocess.DEVNULL, text=True,
                         stderr=subprocess.PIPE, check=False)
    check("a step is to be forgotten without a store", ran.returncode, 2)
    check(ran.stderr, "with the directory of the store, -r DIR" in ran.stderr, True)
