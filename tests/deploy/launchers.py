# SPDX-License-Identifier: BSL-1.0
"""launchers.py EXAMPLES: the unit of deploy/systemd/, the script of deploy/slurm/, the mpirun line of docs/deploy.md
and the line for Ray of the README, as they stand there. What systemd, Slurm and Open MPI do for them is done here by as
little as that takes: srun and mpirun set the variables that those set.
"""
import configparser
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
EXAMPLES = str(Path(sys.argv.pop(1)).resolve())
NET = f"127.{1 + os.getpid() % 250}.{os.getpid() // 250 % 250}"
ONE, TWO = f"{NET}.101", f"{NET}.102"
TEXT = "/usr/share/common-licenses/GPL-3"

#: Starts a program as so many tasks, each with the variables of its rank, and passes SIGTERM on to them. It ends with
#: the highest status, as srun does; a signal counts as 128 and its number.
TASKS = textwrap.dedent("""
    import os, signal, subprocess, sys
    def run(count, command, variables):
        tasks = [subprocess.Popen(command, env={**os.environ, **variables(rank)}) for rank in range(count)]
        signal.signal(signal.SIGTERM, lambda *_: [task.terminate() for task in tasks])
        print("tasks", *(task.pid for task in tasks), flush=True)
        statuses = [task.wait() for task in tasks]
        sys.exit(max(status if status >= 0 else 128 - status for status in statuses))
""")


class Launched(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="leat-launchers-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, name, text):
        """A program of this name, first in the PATH."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(0o755)

    def started(self, command, **more):
        theirs = ("LEAT_", "BYTEWAX_", "SLURM_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
        environment = {**clean, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", **more.pop("env", {})}
        process = subprocess.Popen(command, env=environment, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, **{"stderr": subprocess.PIPE, **more})
        # Whatever hangs fails the test by its end.
        over = threading.Timer(120, process.kill)
        over.start()
        self.addCleanup(over.cancel)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def until(self, process, pattern):
        """Reads its lines until one matches, which is returned."""
        said = ""
        for line in process.stdout:
            said += line
            if re.search(pattern, line):
                return line
        self.fail(f"it ended before it said {pattern}: {said}{process.stderr.read() if process.stderr else ''}")

    def of_one_process(self, *arguments):
        return subprocess.run([f"{EXAMPLES}/wordcount", *arguments], capture_output=True, text=True, check=True).stdout


class Systemd(Launched):
    UNIT = DEPLOY / "systemd" / "leat@.service"

    def of_unit(self, instance, credentials):
        """The command and the environment of an instance."""
        said = configparser.RawConfigParser(strict=False)
        said.optionxform = str
        said.read_string(self.UNIT.read_text())
        service = said["Service"]

        def filled(text):
            return {"i": instance, "d": str(credentials), "%": "%"}[text[1]]

        command = [re.sub(r"%.", lambda found: filled(found[0]), word) for word in shlex.split(service["ExecStart"])]
        return service, command, dict(word.split("=", 1) for word in shlex.split(service["Environment"]))

    def setUp(self):
        super().setUp()
        # Root's credential reaches the service's user by an ACL; here the one who starts it owns it.
        name, source = self.of_unit("0", "")[0]["LoadCredential"].split(":")
        self.assertEqual(source, "/etc/leat/secret")
        self.credentials = self.folder / "credentials"
        self.credentials.mkdir()
        (self.credentials / name).write_text("9b1f6e0c27d84a53")
        (self.credentials / name).chmod(0o400)
        (self.folder / "addresses").write_text(f"{ONE}:2101\n{TWO}:2101\n")

    def start(self, instance):
        _, command, environment = self.of_unit(instance, self.credentials)
        self.assertEqual(environment, {"LEAT_HOSTFILE_PATH": "/etc/leat/addresses"})
        environment = {"LEAT_HOSTFILE_PATH": str(self.folder / "addresses")}
        command[0] = command[0].replace("/opt/leat/bin", EXAMPLES)
        return self.started(command, env=environment, stderr=subprocess.STDOUT)

    def test_two_machines_are_one_flow_that_stops_in_order_and_comes_back(self):
        for ending, expected in ((signal.SIGKILL, (-signal.SIGKILL, 75)), (signal.SIGTERM, (0, 0))):
            one, two = self.start("0"), self.start("1")
            self.assertIn("process 1 of 2 (from --process-id)", self.until(two, "^leat: process"))
            self.until(one, "value = ")
            one.send_signal(ending)
            self.assertEqual((one.wait(), two.wait()), expected)
        prevented = self.of_unit("0", "")[0]["RestartPreventExitStatus"].split()
        self.assertEqual(prevented, ["1", "2", "76"])

    def verified(self, text):
        """What systemd-analyze has to say."""
        unit = self.folder / "leat@0.service"
        unit.write_text(text.replace("/opt/leat/bin/anomaly_detector", shutil.which("true")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze on this machine")
    def test_systemd_finds_nothing_wrong_and_little_exposed(self):
        self.assertEqual(self.verified(self.UNIT.read_text()), (0, ""))
        self.assertIn("RestartSecs", self.verified(self.UNIT.read_text().replace("RestartSec=", "RestartSecs="))[1])
        exposed = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20",
                                  str(self.folder / "leat@0.service")], capture_output=True, text=True)
        if "unrecognized option" in exposed.stderr:
            self.skipTest("this systemd-analyze does not look at files")
        self.assertEqual(exposed.returncode, 0, exposed.stdout)


class Slurm(Launched):
    SCRIPT = DEPLOY / "slurm" / "leat.sbatch"

    def setUp(self):
        super().setUp()
        self.program("scontrol", textwrap.dedent(f"""
            import sys
            assert sys.argv[1:] == ["show", "hostnames", "node[1-2]"], sys.argv
            print({ONE!r}); print({TWO!r})
        """))
        self.program("srun", TASKS + textwrap.dedent("""
            command = sys.argv[1:]
            while command[0].startswith("-"):
                assert command[0].split("=")[0] in ("--kill-on-bad-exit", "--wait", "--cpus-per-task"), command
                del command[0]
            run(int(os.environ["SLURM_NTASKS"]), command, lambda rank: {"SLURM_PROCID": str(rank)})
        """))

    def sbatch(self, *command):
        """As sbatch does: the options in the script become variables of the job."""
        asked = dict(re.findall(r"^#SBATCH --([\w-]+)=(\S+)", self.SCRIPT.read_text(), re.M))
        self.assertEqual(asked["ntasks-per-node"], "1")
        return self.started(["bash", str(self.SCRIPT), *command], env={
            "SLURM_JOB_ID": str(os.getpid()), "SLURM_JOB_NODELIST": "node[1-2]", "SLURM_NTASKS": asked["nodes"],
            "SLURM_CPUS_PER_TASK": asked["cpus-per-task"]})

    def tasks(self, job):
        return [int(word) for word in self.until(job, "^tasks ").split()[1:]]

    def test_the_result_is_that_of_one_process(self):
        out, said = (job := self.sbatch(f"{EXAMPLES}/wordcount", TEXT)).communicate()
        self.assertEqual(job.returncode, 0, said)
        self.assertEqual("".join(line for line in out.splitlines(True) if not line.startswith("tasks ")),
                         self.of_one_process(TEXT))
        self.assertIn("process 1 of 2 (from SLURM_PROCID), addresses from LEAT_ADDRESSES, 4 workers", said)

    def test_a_process_that_is_killed_makes_all_start_again_and_a_stop_does_not(self):
        job = self.sbatch(f"{EXAMPLES}/anomaly_detector", "--proc")
        tasks = self.tasks(job)
        self.until(job, "value = ")
        os.kill(tasks[1], signal.SIGKILL)
        tasks = self.tasks(job)
        self.until(job, "value = ")
        for task in tasks:  # as --signal does
            os.kill(task, signal.SIGTERM)
        _, said = job.communicate()
        self.assertEqual(job.returncode, 143, said)

    def test_an_error_of_the_flow_is_not_tried_again(self):
        out, said = (job := self.sbatch(f"{EXAMPLES}/wordcount", "/not/there")).communicate()
        self.assertEqual((job.returncode, out.count("tasks ")), (1, 1), said)
        self.assertIn("/not/there", said)

    def test_what_fails_again_and_again_fails_at_the_third_time(self):
        job = self.sbatch(f"{EXAMPLES}/anomaly_detector", "--proc")
        for _ in range(3):
            tasks = self.tasks(job)
            self.until(job, "value = ")
            os.kill(tasks[0], signal.SIGKILL)
        _, said = job.communicate()
        self.assertEqual(job.returncode, 137, said)


class Mpi(Launched):
    def setUp(self):
        super().setUp()
        page = (ROOT / "docs" / "deploy.md").read_text()
        self.line = re.search(r"^```sh mpirun\n(.*?)^```$", page, re.M | re.S)[1]
        (self.folder / "flow.secret").write_text("4d0be2c9a7f15836")
        (self.folder / "flow.secret").chmod(0o600)
        (self.folder / "wordcount").symlink_to(f"{EXAMPLES}/wordcount")
        (self.folder / "text").symlink_to(TEXT)

    def run_line(self, line):
        job = self.started(["bash", "-c", line], cwd=self.folder, env={"HOME": str(self.folder)})
        out, said = job.communicate()
        self.assertEqual(job.returncode, 0, said)
        self.assertEqual("".join(line for line in out.splitlines(True) if not line.startswith("tasks ")),
                         self.of_one_process(TEXT))
        self.assertIn("process 1 of 2 (from OMPI_COMM_WORLD_RANK), addresses from LEAT_ADDRESSES", said)

    def test_the_line_of_the_page(self):
        self.program("mpirun", TASKS + textwrap.dedent("""
            words, asked = sys.argv[1:], {}
            while words[0].startswith("-"):
                if words[0] == "-x":
                    name, value = words[1].split("=", 1)
                    os.environ[name] = value
                asked[words[0]] = words[1]
                del words[:2]
            count = int(asked["-np"])
            assert len(asked["--host"].split(",")) == count and asked["--map-by"] == "node", asked
            run(count, words, lambda rank: {"OMPI_COMM_WORLD_RANK": str(rank), "OMPI_COMM_WORLD_SIZE": str(count)})
        """))
        self.run_line(self.line.replace("one:", f"{ONE}:").replace("two:", f"{TWO}:"))

    @unittest.skipUnless(shutil.which("mpirun"), "there is no mpirun on this machine")
    def test_the_line_of_the_page_under_open_mpi(self):
        # Two hosts are this machine, twice.
        line = self.line.replace("one:", f"{ONE}:").replace("two:", f"{TWO}:")
        line = line.replace("--host one,two", "--host localhost:2")
        root = "--allow-run-as-root " if os.geteuid() == 0 else ""
        self.run_line(line.replace("mpirun ", f"mpirun --oversubscribe {root}", 1))


class Ray(Launched):
    def test_the_line_of_the_readme_is_on_its_first_screen_and_runs(self):
        """Without Ray here; the tests of the package have it."""
        top = (ROOT / "README.md").read_text().split("```")[0]
        line = re.search(r"`(python -m leat_ray .*)`", top)[1]
        (self.folder / "wordcount").symlink_to(f"{EXAMPLES}/wordcount")
        self.assertEqual(line.split()[-1], "./wordcount")
        given = [sys.executable, *shlex.split(line)[1:3], "--backend", "local", *shlex.split(line)[3:], TEXT]
        job = self.started(given, cwd=self.folder, env={"PYTHONPATH": str(DEPLOY / "ray")})
        out, said = job.communicate()
        self.assertEqual(job.returncode, 0, said)
        self.assertEqual(re.sub(r"(?m)^\[process \d\] ", "", out), self.of_one_process(TEXT))
        self.assertIn("process 1 of 2", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
