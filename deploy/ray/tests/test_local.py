# SPDX-License-Identifier: BSL-1.0
"""Clusters of real processes on this machine, without Ray. Most of them are small programs that speak as a leat program
does; LEAT_EXAMPLES names the folder of the examples, for those that are one."""
import asyncio
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))
import leat_ray  # noqa: E402

EXAMPLES = os.environ.get("LEAT_EXAMPLES")

#: Announces itself, reads the addresses of all, and then does what the test says, with `me` its number and `run` that of
#: the run.
FLOW = """
import os, signal, sys, time
me, run = int(os.environ["LEAT_PROCESS_ID"]), int(os.environ["LEAT_CLUSTER"].rsplit("/", 1)[1])
secret = open(os.environ["LEAT_SECRET_FILE"]).read()
def form():
    with os.fdopen(int(os.environ["LEAT_ANNOUNCE_FD"]), "w") as to: to.write(f"127.0.0.1:{1000 + me}\\n")
    with os.fdopen(int(os.environ["LEAT_ADDRESSES_FD"])) as of: return of.readline().strip()
"""


def launched(*options, flow=None, program=None, **more):
    """The launcher, which gives the processes of a flow a mark of their own as an argument."""
    mark = uuid.uuid4().hex
    command = program or [sys.executable, "-uc", FLOW + textwrap.dedent(flow), mark]
    process = subprocess.Popen([sys.executable, "-m", "leat_ray", *options, "--", *command], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"}, **more)
    process.mark = mark
    return process


def started(*options, **more):
    return launched("--backend", "local", *options, **more)


def ended(process, within=60):
    out, said = process.communicate(timeout=within)
    return process.returncode, out, said


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def processes_of(launcher):
    """Those in the process table that bear the mark of what this launcher runs."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            marked = launcher.mark.encode() in (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marked and int(entry.name) != launcher.pid and is_alive(int(entry.name)):
            found.append(int(entry.name))
    return found


class Local(unittest.TestCase):
    def end(self, process, status, within=120):
        returned, out, said = ended(process, within)
        self.assertEqual(returned, status, (out, said))
        return out, said

    def assert_none_of(self, launcher, within=5):
        """Within so many seconds no process is left of what this launcher has started, as the process table has it."""
        until = time.monotonic() + within
        while (left := processes_of(launcher)) and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual(left, [])

    def assert_gone(self, pids, within=5):
        until = time.monotonic() + within
        while any(map(is_alive, pids)) and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual([pid for pid in pids if is_alive(pid)], [])


class WhatIsPrinted(Local):
    def test_lines_have_the_number_of_their_process_and_keep_their_order(self):
        out, said = self.end(started("--procs", "2", flow="""
            print(form())
            for i in range(100): print(i)
            print("told", file=sys.stderr)
        """), 0)
        for number in (0, 1):
            mine = [line for line in out.splitlines() if line.startswith(f"[process {number}] ")]
            self.assertEqual(mine, [f"[process {number}] {what}" for what in
                                    ("127.0.0.1:1000;127.0.0.1:1001", *range(100))])
        self.assertEqual(sorted(said.splitlines()), ["[process 0] told", "[process 1] told"])

    def test_ten_megabytes_without_a_newline(self):
        out, _ = self.end(started(flow="form(); sys.stdout.write('x' * 10_000_000)"), 0)
        self.assertEqual(out.count("x"), 10_000_000)

    def test_a_slow_reader_holds_the_processes_back_and_loses_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            # The program notes how far it has come; it may be ahead of the reader by what is kept on the way.
            process = started(flow=f"""
                form()
                with open({folder + "/written"!r}, "wb", buffering=0) as note:
                    for i in range(30_000):
                        print(f"{{i:06}}" + "x" * 1000)
                        note.write(b".")
            """)
            note = pathlib.Path(folder, "written")
            self.assertIn("000000x", process.stdout.readline())
            before = -1
            while (size := note.stat().st_size) != before or size == 0:  # until it has come to a stand
                before = size
                time.sleep(0.5)
            self.assertLess(size, 12_000)
            self.assertEqual([line[12:18] for line in process.stdout], [f"{i:06}" for i in range(1, 30_000)])
            self.end(process, 0)
            self.assertEqual(note.stat().st_size, 30_000)

    def test_a_second_request_waits_for_no_reader(self):
        with tempfile.TemporaryDirectory() as folder:
            process = started("--procs", "2", flow=f"""
                form()
                for i in range(1 << 30):
                    print("x" * 1000)
                    if i == 1000: open({folder!r} + f"/{{me}}", "w").close()
            """)
            until = time.monotonic() + 60
            while len(os.listdir(folder)) != 2 and time.monotonic() < until:  # each has printed more than a pipe holds
                time.sleep(0.01)
        self.assertEqual(len(processes_of(process)), 2)
        process.send_signal(signal.SIGINT)
        self.assert_none_of(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 0)
        self.assertIn("the last of the output has not been taken", process.communicate()[1])

    def test_the_secret_is_in_neither_the_arguments_nor_the_environment(self):
        out, _ = self.end(started(flow="""
            form()
            print(len(secret) >= 32, secret in " ".join(sys.argv), secret in str(os.environ))
        """), 0)
        self.assertEqual(out, "[process 0] True False False\n")

    def test_a_reader_that_goes_away_ends_it(self):
        process = started("--procs", "2", flow="form()\nwhile True: print('x' * 1000)")
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(60), 1)
        process.stderr.close()

    def test_arguments_are_passed_on_as_they_are(self):
        process = started("--procs", "1", program=[sys.executable, "-c", FLOW + "form(); print(sys.argv[1:])", "-p", "--", "x y"])
        out, _ = self.end(process, 0)
        self.assertEqual(out, "[process 0] ['-p', '--', 'x y']\n")


class WhatIsBroughtAlong(Local):
    def test_the_program_and_files_with_their_modes(self):
        with tempfile.TemporaryDirectory() as folder:
            program, data = pathlib.Path(folder, "flow"), pathlib.Path(folder, "data.csv")
            program.write_text(f"#!{sys.executable}\n{FLOW}form(); print(open('data.csv').read(), os.getcwd())")
            program.chmod(0o755)
            data.write_text("a,b")
            out, _ = self.end(started("--procs", "2", "--ship", "--with", str(data), program=[str(program)]), 0)
            words = [line.split() for line in out.splitlines()]
            self.assertEqual([each[2] for each in words], ["a,b", "a,b"])
            self.assertEqual([pathlib.Path(each[3]).exists() for each in words], [False, False])  # they are removed

    def test_a_file_that_is_not_there(self):
        _, said = self.end(started("--ship", "--with", "nowhere", program=[sys.executable]), 2)
        self.assertIn("nowhere cannot be brought along: No such file or directory", said)


class Failures(Local):
    def test_the_status_and_the_last_lines_of_the_one_that_failed(self):
        out, said = self.end(started("--procs", "3", flow="""
            form()
            for i in range(100): print(i)
            if me == 1: sys.exit(3)
            signal.pause()
        """), 3)
        self.assertIn("leat_ray: process 1 failed: it ended with 3", said)
        last = [line.strip() for line in said.splitlines() if line.startswith("  ")]
        self.assertEqual(last, [str(i) for i in range(50, 100)])

    def test_one_that_is_killed_and_those_that_lost_it(self):
        _, said = self.end(started("--procs", "2", flow="""
            form()
            if me == 1: os.kill(os.getpid(), signal.SIGKILL)
            signal.signal(signal.SIGTERM, lambda *_: os._exit(75))
            signal.pause()
        """), 128 + 9)
        self.assertIn("process 1 failed: it was killed by SIGKILL", said)

    def test_one_that_does_not_stop_is_killed(self):
        self.end(started("--procs", "2", "--stop-timeout", "0.2", flow="""
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            form()
            if me == 1: sys.exit(1)
            while True: signal.pause()
        """), 1)

    def test_all_are_started_again(self):
        out, said = self.end(started("--procs", "2", "--max-restarts", "2", flow="""
            form()
            print("run", run)
            if run < 3 and me == 0: os.kill(os.getpid(), signal.SIGKILL)
            if run < 3: signal.pause()
        """), 0)
        self.assertEqual(said.count("all are started again"), 2)
        self.assertEqual(out.count("run 3"), 2)

    def test_an_error_of_the_flow_is_not_tried_again(self):
        _, said = self.end(started("--max-restarts", "5", flow="form(); sys.exit(1)"), 1)
        self.assertNotIn("again", said)

    def test_a_program_that_is_not_there(self):
        _, said = self.end(started("--procs", "2", program=["./no_such_program"]), 127)
        self.assertIn("./no_such_program cannot be run on 127.0.0.1: No such file or directory", said)

    def test_a_program_that_never_says_where_it_listens(self):
        _, said = self.end(started("--procs", "2", "--start-timeout", "5", flow="""
            if me == 0: form()
            signal.pause()
        """), 75)
        self.assertIn("process 1 failed: it has not said within 5 s where it listens", said)


class Stops(Local):
    WAITING = """
        form()
        signal.signal(signal.SIGTERM, lambda *_: (print("stopped"), sys.exit(0)))
        print("pid", os.getpid())
        while True: signal.pause()
    """

    def pids(self, process, count=2):
        return [int(process.stdout.readline().split()[-1]) for _ in range(count)]

    def test_one_request_ends_it_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = started("--procs", "2", flow=self.WAITING)
            pids = self.pids(process)
            process.send_signal(number)
            out, _ = self.end(process, 0)
            self.assertEqual(out.count("stopped"), 2)
            self.assert_gone(pids)

    def test_the_second_ends_it_at_once(self):
        process = started("--procs", "2", flow="""
            signal.signal(signal.SIGTERM, lambda *_: print("goes on", os.getpid()))
            form()
            print("pid", os.getpid())
            while True: signal.pause()
        """)
        pids = self.pids(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(sorted(self.pids(process)), sorted(pids))  # each has been told, and goes on
        process.send_signal(signal.SIGINT)
        self.end(process, 128 + 9, within=5)
        self.assert_gone(pids)

    def test_nobody_is_left_when_the_launcher_is_killed(self):
        process = started("--procs", "2", flow=self.WAITING)
        pids = self.pids(process)
        process.kill()
        self.assert_gone(pids)
        process.communicate()


@unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
class Flows(Local):
    def test_word_count_of_two_processes_is_that_of_one(self):
        with tempfile.TemporaryDirectory() as folder:
            text = pathlib.Path(folder, "text")
            text.write_text("".join(f"word{i % 97} and {i % 13}\n" for i in range(20000)))
            program = f"{EXAMPLES}/wordcount"
            alone = subprocess.run([program, str(text)], stdout=subprocess.PIPE, text=True, check=True).stdout
            out, _ = self.end(started("--procs", "2", "--workers", "2", program=[program, str(text)]), 0)
            together = [line.split("] ", 1)[1] for line in out.splitlines()]
            self.assertEqual(sorted(together), sorted(alone.splitlines()))


class FromPython(unittest.TestCase):
    """What a program does that starts a cluster itself."""

    def start(self, flow, **more):
        lines = []
        handle = leat_ray.start([sys.executable, "-uc", FLOW + textwrap.dedent(flow)], backend="local",
                                on_line=lambda process, name, line: lines.append((process, line)), **more)
        return handle, lines

    def test_what_comes_out(self):
        handle, lines = self.start("form(); print(me)", procs=2)
        result = handle.wait(60)
        self.assertEqual((result.status, result.restarts, result.failure), (0, 0, None))
        self.assertEqual(sorted(lines), [(0, b"0"), (1, b"1")])
        self.assertEqual(result.last_lines, (("0",), ("1",)))
        self.assertEqual((handle.status, len(handle.addresses)), (leat_ray.State.DONE, 2))
        handle.stop()  # it is over

    def test_a_stop_while_it_waits_for_places(self):
        class NoPlacesYet:
            async def open(self):
                waits.set()
                await asyncio.Event().wait()

            async def close(self):
                closed.set()

        waits, closed, said = threading.Event(), threading.Event(), []
        handle = leat_ray.Handle(NoPlacesYet(), leat_ray.child.Program(["none"]), 1, leat_ray.Limits(), print, said.append)
        waits.wait()
        handle.stop()
        result = handle.wait(60)
        self.assertEqual((result.status, result.exits, handle.status), (0, (None,), leat_ray.State.DONE))
        self.assertTrue(closed.is_set())
        self.assertEqual(said, ["it was told to stop before its processes were started"])

    def test_a_stop_from_another_thread_and_from_an_event_loop(self):
        handle, lines = self.start("""
            form()
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            print("begun")
            while True: signal.pause()
        """)

        async def stop_it():
            while not lines:
                await asyncio.sleep(0)
            handle.stop()
            return await handle.ended()

        self.assertEqual(asyncio.run(stop_it()).status, 0)


if __name__ == "__main__":
    unittest.main()
