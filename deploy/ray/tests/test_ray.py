# SPDX-License-Identifier: BSL-1.0
"""Clusters on real Ray: one local Ray for those that need no more, and Ray's own cluster of several nodes on this machine.
LEAT_EXAMPLES names the folder of the examples."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_enable_worker_prestart="false")
HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))
EXAMPLES = os.environ.get("LEAT_EXAMPLES")
try:
    import ray
    from ray.cluster_utils import Cluster as Nodes
except ModuleNotFoundError:
    ray = None

from tests.test_local import FLOW, Local, launched, processes_of  # noqa: E402


def parent_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


@unittest.skipIf(ray is None, "there is no package ray")
class OnRay(Local):
    """A head that runs nothing, and two nodes of two CPUs."""

    @classmethod
    def setUpClass(cls):
        cls.nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 100 << 20})
        cls.workers = [cls.nodes.add_node(num_cpus=2, object_store_memory=100 << 20) for _ in range(2)]
        cls.nodes.wait_for_nodes()

    @classmethod
    def tearDownClass(cls):
        cls.nodes.shutdown()

    def start(self, *options, address=None, **more):
        process = launched("--address", address or self.nodes.address, *options, start_new_session=True, **more)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    WAITING = """
        form()
        print(os.getpid(), os.getppid())
        while True: signal.pause()
    """

    def pids(self, process, count=2):
        return [tuple(map(int, process.stdout.readline().split()[-2:])) for _ in range(count)]

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_word_count_of_two_processes_is_that_of_one(self):
        with tempfile.TemporaryDirectory() as folder:
            text = pathlib.Path(folder, "text")
            text.write_text("".join(f"word{i % 97} and {i % 13}\n" for i in range(20000)))
            program = [f"{EXAMPLES}/wordcount", str(text)]
            alone = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout
            out, _ = self.end(self.start("--procs", "2", "--workers", "2", program=program), 0)
            self.assertEqual(sorted(line.split("] ", 1)[1] for line in out.splitlines()), sorted(alone.splitlines()))

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_the_anomaly_detector_of_two_actors(self):
        process = subprocess.Popen([sys.executable, HERE / "examples" / "anomaly_detector.py", f"{EXAMPLES}/anomaly_detector"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "PYTHONPATH": str(HERE), "RAY_ADDRESS": self.nodes.address})
        self.addCleanup(process.kill)
        out, _ = self.end(process, 0)
        dealt = re.findall(r"^\[process (\d)\] anomaly_detector\.dist .*\((\w+), ", out, re.M)
        detected = re.findall(r"^\[process (\d)\] (\w+): value = ", out, re.M)
        self.assertEqual(sorted(set(dealt)), [("0", "hz"), ("0", "v"), ("1", "hz"), ("1", "v")])
        self.assertEqual(sorted(metric for _, metric in set(detected)), ["hz", "v"])  # one process for each
        self.assertEqual((len(dealt), len(detected)), (80, 80))
        for metric in ("hz", "v"):
            owner, = {process for process, of in detected if of == metric}
            self.assertIn(f"{metric}: detected by process {owner} (40 times)\n", out)

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_the_anomaly_detector_of_recorded_metrics_is_that_of_one_process(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, f"{name}.csv") for name in ("disk", "load", "net")]
            for number, file in enumerate(files, 1):
                file.write_text("timestamp,value\n" + "".join(f"{i},{i * number % 7 + (50 if i % 41 == 0 else 0)}\n"
                                                              for i in range(2000)))
            program = [f"{EXAMPLES}/anomaly_detector", "--csv", *map(str, files)]
            alone = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
            out, _ = self.end(self.start("--procs", "2", program=program), 0)
            together = [line.split("] ", 1)[1] for line in out.splitlines()]
            for file in files:  # of one metric in order
                of = f"{file.stem}: "
                self.assertEqual(*([line for line in lines if line.startswith(of)] for lines in (together, alone)))
            self.assertEqual(len(together), 6000)

    DRIVER = """
        import os, sys, leat_ray, ray
        ray.init(log_to_driver=False)

        @ray.remote
        class Model:
            def score(self, reading):
                metric, value = reading
                if value == 2.5 and not os.path.exists({death!r}):
                    open({death!r}, "w").close()
                    os._exit(1)
                return value

        model = Model.options(max_restarts={restarts}).remote()
        with leat_ray.Bridge({{"score": model.score}}) as bridge:
            sys.exit(leat_ray.run({program!r}, procs=2, bridge=bridge).status)
    """

    def scored(self, readings, tries, restarts):
        """What becomes of so many readings, by an actor that dies of the 26th: {reading: answer}."""
        with tempfile.TemporaryDirectory() as folder:
            program = [f"{EXAMPLES}/ask_a_model", str(readings), str(tries)]
            driver = textwrap.dedent(self.DRIVER).format(death=f"{folder}/death", restarts=restarts, program=program)
            process = subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True, env={**os.environ, "PYTHONPATH": str(HERE), "RAY_ADDRESS": self.nodes.address})
            self.addCleanup(process.kill)
            out, _ = self.end(process, 0)
        return dict(re.findall(r"^\[process \d\] (\w+ [\d.]+): (.*)$", out, re.M))  # and what Ray prints of itself

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_an_actor_that_is_asked_about_each_record(self):
        process = subprocess.Popen([sys.executable, HERE / "examples" / "ask_a_model.py", f"{EXAMPLES}/ask_a_model", "100"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "PYTHONPATH": str(HERE), "RAY_ADDRESS": self.nodes.address})
        self.addCleanup(process.kill)
        out, _ = self.end(process, 0)
        self.assertEqual(len(out.splitlines()), 100)
        self.assertEqual(out.count("no opinion"), 2)  # of the first of each metric

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_an_actor_that_dies_and_is_started_again(self):
        answers = self.scored(200, tries=20, restarts=1)
        self.assertEqual(len(answers), 200)
        self.assertEqual({reading: answer for reading, answer in answers.items() if reading.split()[1] != answer}, {})

    @unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
    def test_an_actor_that_dies_for_good(self):
        answers = self.scored(200, tries=1, restarts=0)
        failed = {reading: answer for reading, answer in answers.items() if reading.split()[1] != answer}
        self.assertEqual(len(answers), 200)
        self.assertIn("load 2.5", failed)
        for answer in failed.values():
            self.assertRegex(answer, "^failed: score could not be called: The actor ")

    def test_a_program_that_is_brought_along(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "flow")
            program.write_text(f"#!{sys.executable}\n{FLOW}form(); print('here')")
            program.chmod(0o755)
            process = self.start("--procs", "2", "--ship", program=[str(program)])
            out, _ = self.end(process, 0)
            self.assertEqual(out.count("here"), 2)

    def test_one_that_does_not_stop_and_one_that_prints_much(self):
        out, said = self.end(self.start("--procs", "2", "--stop-timeout", "0.5", flow="""
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            form()
            if me == 1:
                sys.stdout.write("x" * 10_000_000)
                sys.exit(3)
            while True: signal.pause()
        """), 3)
        self.assertIn("process 1 failed: it ended with 3", said)
        self.assertEqual(out.count("x"), 10_000_000)

    def test_a_slow_reader_holds_the_processes_back_and_loses_nothing(self):
        process = self.start("--procs", "2", flow="""
            form()
            for i in range(20_000): print(f"{i:06}" + "x" * 1000)
        """)
        process.stdout.readline()
        until = time.monotonic() + 2  # time in which 40 MB would have been printed
        while time.monotonic() < until and len(processes_of(process)) == 2:
            time.sleep(0.05)
        self.assertEqual(len(processes_of(process)), 2)
        rest = list(process.stdout)
        self.end(process, 0)
        self.assertEqual(len(rest), 2 * 20_000 - 1)
        for number in (0, 1):
            mine = [int(line[12:18]) for line in rest if line.startswith(f"[process {number}] ")]
            self.assertEqual(mine, list(range(20_000 - len(mine), 20_000)))

    def test_a_node_that_is_lost(self):
        node = self.nodes.add_node(num_cpus=2, resources={"more": 2}, object_store_memory=100 << 20)
        self.nodes.wait_for_nodes()
        process = self.start("--procs", "2", "--resources", "more=1", flow=self.WAITING)
        pids = self.pids(process)
        self.nodes.remove_node(node, allow_graceful=False)
        _, said = self.end(process, 75)
        self.assertIn("failed", said)
        self.assert_gone([program for program, _ in pids])

    def test_a_raylet_that_is_killed_alone(self):
        node = self.nodes.add_node(num_cpus=2, resources={"alone": 2}, object_store_memory=100 << 20)
        self.nodes.wait_for_nodes()
        process = self.start("--procs", "2", "--resources", "alone=1", flow=self.WAITING)
        pids = self.pids(process)
        raylet, = {parent_of(watcher) for _, watcher in pids}
        self.assertIn(b"raylet", pathlib.Path(f"/proc/{raylet}/cmdline").read_bytes())
        os.kill(raylet, signal.SIGKILL)
        self.assert_none_of(process)
        self.end(process, 75)
        self.nodes.remove_node(node, allow_graceful=False)

    def test_a_recovery_directory_that_all_nodes_share(self):
        with tempfile.TemporaryDirectory() as folder:
            out, _ = self.end(self.start("--procs", "2", program=[sys.executable, "-c", FLOW + "form(); print('ran')", "-r", folder]), 0)
            self.assertEqual(out.count("ran"), 2)
            self.assertEqual(os.listdir(folder), [])

    def test_a_recovery_directory_that_is_another_on_each_node(self):
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            self.addCleanup(os.chdir, before)
            nodes = []
            for name in ("one", "two"):  # a node finds a relative path from where it was started
                pathlib.Path(folder, name, "state").mkdir(parents=True)
                os.chdir(pathlib.Path(folder, name))
                nodes.append(self.nodes.add_node(num_cpus=1, resources={"apart": 1}, object_store_memory=100 << 20))
            os.chdir(before)
            self.nodes.wait_for_nodes()
            apart = ("--procs", "2", "--resources", "apart=1")
            program = [sys.executable, "-c", FLOW + "form(); print('ran')", "-r", "state"]
            _, said = self.end(self.start(*apart, program=program), 2)
            self.assertRegex(said, "leat_ray: the recovery directory state is another one, or none, for process 1 on [0-9.]+ "
                                   "than for process 0 on [0-9.]+: give -r a directory that all nodes share")
            out, _ = self.end(self.start(*apart, "--no-directory-check", program=program), 0)
            self.assertEqual(out.count("ran"), 2)
            self.assertEqual(os.listdir(pathlib.Path(folder, "one", "state")), [])
            for node in nodes:
                self.nodes.remove_node(node)

    @staticmethod
    def running(program, mark):
        """By their pids, the processes of a program that have this argument."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words[0] == program and mark in words:
                found.append(int(entry.name))
        return found

    @unittest.skipUnless(os.environ.get("LEAT_TEST_LONG"), "it takes a minute: LEAT_TEST_LONG is not set")
    @unittest.skipUnless(EXAMPLES and pathlib.Path(EXAMPLES, "resumed").exists(),
                         "LEAT_EXAMPLES does not name the folder of the examples, or they are built without SQLite")
    def test_a_flow_goes_on_from_its_store_when_a_process_is_killed_and_then_a_node_is_lost(self):
        nodes = [self.nodes.add_node(num_cpus=1, resources={"kept": 1}, object_store_memory=100 << 20) for _ in range(3)]
        self.nodes.wait_for_nodes()
        program = f"{EXAMPLES}/resumed"

        def by_key(text):
            found = {}
            for line in text.splitlines():
                found.setdefault(line.rsplit(" ", 1)[0], []).append(line)
            return found

        def more_than(size):
            """Waits until the output is longer."""
            until = time.monotonic() + 60
            while time.monotonic() < until and not (out.exists() and out.stat().st_size > size):
                time.sleep(0.01)
            self.assertGreater(out.stat().st_size, size)
            return self.running(program, str(out))

        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            text, out, undisturbed = folder / "in", folder / "out", folder / "undisturbed"
            text.write_text("".join(f"line {i * i % 97}\n" for i in range(60000)))
            subprocess.run([program, text, undisturbed], check=True)
            subprocess.run([program, "--recovery-init=2", "-r", folder / "store"], check=True, stdout=subprocess.DEVNULL)
            process = self.start("--procs", "2", "--resources", "kept=1", "--max-restarts", "3",
                                 program=[program, "-r", f"{folder}/store", "-s", "0.05", str(text), str(out)])
            pids = more_than(0)
            self.assertEqual(len(pids), 2)
            size = out.stat().st_size
            os.kill(pids[0], signal.SIGKILL)
            self.assert_gone(pids, 30)

            pids = more_than(size)
            raylet = parent_of(parent_of(pids[0]))
            lost, = [node for node in nodes if node.all_processes["raylet"][0].process.pid == raylet]
            self.nodes.remove_node(lost, allow_graceful=False)
            _, said = self.end(process, 0, within=240)
            self.assertIn(said.count("all are started again"), (2, 3), said)  # a lost node may still be given an actor
            self.assertIn("it was killed by SIGKILL", said)
            self.assertIn("leat: recovery: on from epoch", said)
            self.assertEqual(by_key(out.read_text()), by_key(undisturbed.read_text()))
            self.assertEqual(sorted(out.read_bytes().splitlines()), sorted(undisturbed.read_bytes().splitlines()))
        for node in nodes:
            if node is not lost:
                self.nodes.remove_node(node)

    def test_one_process_on_each_node(self):
        out, _ = self.end(self.start("--procs", "2", "--strategy", "STRICT_SPREAD", flow="""
            form()
            print(os.environ["RAY_NODE_ID"] if "RAY_NODE_ID" in os.environ else os.getppid())
        """), 0)
        self.assertEqual(len({line.split()[-1] for line in out.splitlines()}), 2)

    def test_a_process_that_is_killed_and_what_is_started_again(self):
        process = self.start("--procs", "2", "--max-restarts", "1", flow="""
            form()
            print("run", run)
            if run == 1 and me == 1: os.kill(os.getpid(), signal.SIGKILL)
            if run == 1: signal.pause()
        """)
        out, said = self.end(process, 0)
        self.assertIn("process 1 failed (it was killed by SIGKILL); all are started again", said)
        self.assertEqual(out.count("run 2"), 2)

    def test_a_supervisor_that_is_killed_takes_its_process_with_it(self):
        process = self.start("--procs", "2", flow=self.WAITING)
        pids = self.pids(process)
        os.kill(pids[1][1], signal.SIGKILL)
        _, said = self.end(process, 75)
        self.assertIn("failed", said)
        self.assert_gone([program for program, _ in pids])

    GOES_ON = """
        signal.signal(signal.SIGTERM, lambda *_: print("goes on", os.getpid()))
        form()
        print("pid", os.getpid())
        while True: signal.pause()
    """
    STOPS = GOES_ON.replace("print(\"goes on\", os.getpid())", "(print(\"stopped\"), sys.exit(0))")

    def test_sigterm_stops_all_in_order(self):
        process = self.start("--procs", "2", flow=self.STOPS)
        self.lines(process)
        process.send_signal(signal.SIGTERM)
        out, _ = self.end(process, 0)
        self.assertEqual(out.count("stopped"), 2)

    def ctrl_c(self, process):
        """As a terminal does it: all that is in the foreground is told, also Ray where the launcher has started it."""
        os.killpg(process.pid, signal.SIGINT)

    def check_ctrl_c(self, address):
        process = self.start("--procs", "2", address=address, flow=self.STOPS)
        self.lines(process)
        self.ctrl_c(process)
        self.assert_none_of(process)
        out, _ = self.end(process, 0)
        self.assertEqual(out.count("stopped"), 2)

        process = self.start("--procs", "2", address=address, flow=self.GOES_ON)
        self.lines(process)
        self.ctrl_c(process)
        self.assertEqual({line.split()[2] for line in self.lines(process)}, {"goes"})
        self.ctrl_c(process)
        self.assert_none_of(process)
        self.end(process, 128 + 9)

    def lines(self, process, count=2):
        return [process.stdout.readline() for _ in range(count)]

    def test_ctrl_c_once_and_twice(self):
        self.check_ctrl_c(None)

    def test_ctrl_c_where_the_launcher_has_started_ray(self):
        self.check_ctrl_c("local")

    def test_nobody_is_left_when_the_launcher_is_killed(self):
        process = self.start("--procs", "2", flow=self.WAITING)
        pids = self.pids(process)
        process.kill()
        self.assert_gone([program for program, _ in pids])

    def test_an_address_at_which_there_is_no_ray(self):
        _, said = self.end(self.start(address="127.0.0.1:1", flow="form()"), 75)
        self.assertIn("leat_ray: no Ray cluster can be joined at 127.0.0.1:1: ", said)

    def test_ctrl_c_while_it_waits_for_places(self):
        process = self.start("--procs", "3", "--workers", "2", flow="form()")
        self.assertIn("waiting for 3 places", process.stderr.readline())
        self.ctrl_c(process)
        self.end(process, 0, within=30)

    def test_more_than_there_is(self):
        _, said = self.end(self.start("--procs", "3", "--workers", "2", "--start-timeout", "1", flow="form()"), 75)
        self.assertRegex(said, r"Ray has no 3 places of 2 CPU \(SPREAD\) within 1 s: \d node\(s\) with [46] CPU.*, of which")
        self.assertNotIn("_group_", said)

    def test_a_program_that_is_on_no_node(self):
        _, said = self.end(self.start(program=["./no_such_program"]), 127)
        self.assertIn("./no_such_program cannot be run on", said)


if __name__ == "__main__":
    unittest.main()
