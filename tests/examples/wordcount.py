# SPDX-License-Identifier: BSL-1.0
"""Over a real text the word count says what tr, sort and uniq say, with any number of workers."""
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from example import PROGRAM, check, run, run_cluster  # noqa: E402

licences = sorted(p for p in Path("/usr/share/common-licenses").iterdir() if p.is_file()) \
    if Path("/usr/share/common-licenses").is_dir() else []
if not licences:
    print("skipped: there are no licence texts in /usr/share/common-licenses")
    sys.exit(77)

PIPELINE = r"""cat -- "$@" | LC_ALL=C tr -cs 'A-Za-z' '\n' | LC_ALL=C tr A-Z a-z | grep . | LC_ALL=C sort | uniq -c"""
pipeline = subprocess.run(["sh", "-c", PIPELINE, "sh", *map(str, licences)],
                          capture_output=True, text=True, check=True).stdout
counts = [(int(line.split()[0]), line.split()[1]) for line in pipeline.splitlines()]
wanted = "".join(f"{count}\t{word}\n" for count, word in sorted(counts, key=lambda c: (-c[0], c[1])))
check("there is something to count", len(counts) > 1000, True)

check("the files by name", run(*map(str, licences)), wanted)
check("without arguments", run(), wanted)
for workers in ("2", "4", "7"):
    check(f"{workers} workers", run("-w", workers), wanted)
for processes, workers in ((2, "3"), (3, "1")):
    check(f"{processes} processes of {workers} workers", run_cluster(processes, "-w", workers), wanted)
check("processes started by one flag", run("-p", "2", "-w", "2"), wanted)
prefixed = run("-p", "2", "-w", "2", "--prefix=always").splitlines(keepends=True)
check("with their numbers", "".join(line.removeprefix(line[:4]) for line in prefixed), wanted)
check("each line says whose it is", {line[:4] for line in prefixed} <= {"[0] ", "[1] "}, True)
failed = subprocess.run([PROGRAM, "-p", "2", "/missing"], capture_output=True, text=True, check=False, timeout=60)
check("the status is that of the first that failed", failed.returncode, 1)
check("and all say why", failed.stderr.count('cannot read "/missing": No such file or directory'), 2)
check("under one cause", len({line[4:] for line in failed.stderr.splitlines() if "wordcount: " in line}), 1)
deaf = subprocess.run([PROGRAM, "-i0", "--addresses-fd=99"], capture_output=True, text=True, check=False, timeout=60)
check("a launcher that passes no descriptor", (deaf.returncode, deaf.stderr.splitlines()[0]),
      (2, "wordcount: --addresses-fd: descriptor 99 is not open"))
for flag in ("--tls-certificate", "--tls-key", "--tls-authority"):
    plain = subprocess.run([PROGRAM, "-p2", f"{flag}=/a.pem"], capture_output=True, text=True, check=False, timeout=60)
    check(f"{flag} to a program without TLS", (plain.returncode, plain.stderr.splitlines()[0]),
          (2, "wordcount: --tls-...: this program cannot encrypt: it has to #include <leat/run/tls.hpp>"))
said = subprocess.run([PROGRAM, "-p", "2", *map(str, licences)], capture_output=True, text=True, check=True, timeout=60).stderr
check("each says once where its settings come from", sorted(said.splitlines()),
      [f"[{i}] leat: process {i} of 2 (from -p), 1 worker" for i in range(2)])

with tempfile.TemporaryDirectory() as folder:
    text = Path(folder, "short.txt")
    text.write_bytes(b"One two,\r\nTWO three\n\nthree Three")
    check("CR LF, capitals, no last newline", run(str(text)), "3\tthree\n2\ttwo\n1\tone\n")
    missing = subprocess.run([PROGRAM, str(Path(folder, "missing"))], capture_output=True, text=True, check=False)
    check("a missing file", missing.returncode, 1)
    check("is named", "missing" in missing.stderr and "wordcount.text" in missing.stderr, True)
    where = subprocess.run([PROGRAM, folder], capture_output=True, text=True, check=False)
    check("a directory instead of a file", where.returncode, 1)
    check("is said to be one", "directory" in where.stderr, True)
