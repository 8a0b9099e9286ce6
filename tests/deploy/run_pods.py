# SPDX-License-Identifier: BSL-1.0
"""run_pods.py EXAMPLES: the StatefulSet and the Job of deploy/kubernetes/ as processes of this machine, with what
happens to pods: they are killed, evicted, updated. 77, with the reason, where this machine lets no pod be run.
"""
import copy
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import pods

from manifests import FOLDERS, KUBERNETES, kustomize

EXAMPLES = str(Path(sys.argv.pop(1)).resolve())
SECRET = "0f2c9b7d5e81a634c0d9e7b2f4a86135"
SIGNALLED = 128


def objects(name):
    return kustomize.built(KUBERNETES / name)


class Running(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="leat-volumes-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def cluster(self, of, image=None, claims=None, **changes):
        """A cluster of these objects. `changes` are made to its container; `image`: what else is in its image; `claims`:
        the folder with its volumes."""
        of = copy.deepcopy(of)
        what = next(each for each in of if each["kind"] in ("StatefulSet", "Job"))
        container = what["spec"]["template"]["spec"]["containers"][0]
        environment = changes.pop("environment", {})
        container.update(changes)
        for name, value in environment.items():
            container["env"] = [each for each in container["env"] if each["name"] != name]
            container["env"] += [{"name": name, "value": value}]
        volumes = pods.Volumes(claims or self.folder(), {what["metadata"]["name"]: {"secret": SECRET}})
        cluster = pods.Cluster(of, volumes, {"/opt/leat/bin": EXAMPLES, **(image or {})})
        self.addCleanup(cluster.close)
        return cluster

    def has_formed(self, cluster):
        """Sources start when all processes see the same cluster: there is a result somewhere."""
        for pod in cluster.pods:
            self.assertTrue(pod.out.says(r"^leat: process \d of \d"), cluster.said())
        self.assertTrue(cluster.pods[0].out.says(r"^\w+: value = ") or
                        any(pod.out.says(r"^\w+: value = ", 0) for pod in cluster.pods), cluster.said())


ENDLESS = {"command": ["/opt/leat/bin/anomaly_detector"], "args": ["--proc"]}


class AJob(Running):
    def test_ends_with_the_result_of_one_process(self):
        cluster = self.cluster(objects("base/job")).start()
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())
        program = [f"{EXAMPLES}/wordcount", *cluster.pods[0].container["args"]]
        alone = subprocess.run(program, capture_output=True, text=True, check=True)
        counted = re.findall(r"^\d+\t\w+$", "".join(pod.out.text for pod in cluster.pods), re.M)
        self.assertEqual(counted, alone.stdout.splitlines())
        self.assertIn("process 2 of 3 (from LEAT_PROCESS_ID), addresses from LEAT_ADDRESSES, 2 workers", cluster.said())

    def test_in_which_a_pod_is_killed_is_run_again(self):
        cluster = self.cluster(objects("base/job"), **ENDLESS).start()
        self.has_formed(cluster)
        cluster.pods[1].send(signal.SIGKILL)
        self.assertEqual(cluster.ended(), [75, SIGNALLED + signal.SIGKILL, 75], cluster.said())
        self.assertFalse(self.is_final(cluster))
        cluster.start()  # each index once more
        self.has_formed(cluster)

    def test_in_which_a_pod_is_evicted_is_not_done(self):
        cluster = self.cluster(objects("base/job"), **ENDLESS).start()
        self.has_formed(cluster)
        cluster.pods[2].send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [75, 75, 75], cluster.said())
        self.assertFalse(self.is_final(cluster))

    def test_with_wrong_arguments_fails_for_good(self):
        cluster = self.cluster(objects("base/job"), args=["/not/there"]).start()
        self.assertEqual(cluster.ended(), [1, 1, 1], cluster.said())
        self.assertTrue(self.is_final(cluster))

    def is_final(self, cluster):
        rules = cluster.of["spec"]["podFailurePolicy"]["rules"]
        codes = next(rule["onExitCodes"]["values"] for rule in rules if rule["action"] == "FailJob")
        return any(pod.process.returncode in codes for pod in cluster.pods)


class AStatefulSet(Running):
    def test_runs_and_comes_back_when_a_process_is_killed(self):
        cluster = self.cluster(objects("base/statefulset")).start()
        self.has_formed(cluster)
        cluster.pods[0].send(signal.SIGKILL)
        self.assertEqual(cluster.ended(), [SIGNALLED + signal.SIGKILL, 75, 75], cluster.said())
        cluster.start()
        self.has_formed(cluster)
        # A pod is deleted: the others stop with it, and are started again, as every container of a StatefulSet is.
        cluster.pods[1].send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())
        cluster.start()
        self.has_formed(cluster)
        for pod in cluster.pods:
            pod.send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())

    def test_is_ready_before_it_has_formed_and_probes_do_no_harm(self):
        cluster = self.cluster(objects("base/statefulset"))
        first, *others = cluster.pods
        ports = {each["name"]: each["containerPort"] for each in first.container["ports"]}
        port = ports[first.container["readinessProbe"]["tcpSocket"]["port"]]
        self.assertFalse(first.listens(port))
        first.start()
        self.assertTrue(first.out.says("waiting for"), first.out.text)
        for _ in range(50):
            self.assertTrue(first.listens(port))
        for pod in others:
            pod.start()
        self.has_formed(cluster)
        for pod in cluster.pods:
            for _ in range(50):
                self.assertTrue(pod.listens(port))
        for pod in cluster.pods:  # with the first one that stops all do
            pod.send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())
        for line in cluster.said().splitlines():
            self.assertRegex(line, r"^---|^leat: process \d of 3|value = |waiting for")

    def test_is_updated_pod_by_pod_and_never_mixed(self):
        cluster = self.cluster(objects("base/statefulset")).start()
        self.has_formed(cluster)
        for number in reversed(range(3)):
            old = cluster.pods[number]
            old.send(signal.SIGTERM)
            self.assertEqual(old.ended(), 0, cluster.said())
            for other in cluster.pods[:number] if number == 2 else []:
                self.assertEqual(other.ended(), 0, cluster.said())
                other.start()  # the container, in the pod of the old revision
            old.close()
            cluster.pods[number] = pods.Pod(cluster.of, number, old.address, cluster.hosts, old.volumes, old.image, "2")
            self.addCleanup(cluster.pods[number].close)
            cluster.pods[number].start()
            if number != 0:
                self.assertTrue(cluster.pods[number].out.says("waiting for"), cluster.said())
        self.has_formed(cluster)

    def test_of_ones_own_runs_as_the_overlay_says(self):
        cluster = self.cluster(objects("overlays/example")).start()
        self.has_formed(cluster)
        self.assertIn("process 1 of 2 (from LEAT_POD_NAME), addresses from LEAT_ADDRESSES, 4 workers", cluster.said())
        cluster.pods[1].send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [0, 0], cluster.said())


@unittest.skipUnless(Path(EXAMPLES, "resumed").exists(), "the examples are built without SQLite")
class AStore(Running):
    def test_is_on_a_volume_of_each_pod_that_outlives_it(self):
        cluster = self.cluster(objects("overlays/recovery"), command=["/bin/sh"],
                               args=["-c", "echo $HOSTNAME >>/recovery/here; cat /recovery/here"])
        for runs in (1, 2):
            self.assertEqual(cluster.start().ended(), [0, 0, 0], cluster.said())
            for pod in cluster.pods:
                self.assertEqual(pod.out.text.splitlines(), [pod.name] * runs)

    def test_is_refused_by_a_program_without_recovery(self):
        cluster = self.cluster(objects("overlays/recovery"), command=["/opt/leat/bin/wordcount"],
                               args=["-r", "/recovery/store"]).start()
        self.assertEqual(cluster.ended(), [2, 2, 2], cluster.said())
        self.assertIn("has to #include <leat/run/recovery.hpp>", cluster.said())

    def test_is_made_by_the_pods_and_the_flow_goes_on_from_it(self):
        cluster = self.cluster(objects("overlays/recovery")).start()
        self.has_formed(cluster)
        self.assertIn("nothing is in the store yet", cluster.pods[0].out.text)
        for pod in cluster.pods:
            pod.send(signal.SIGTERM)
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())
        cluster.start()
        self.has_formed(cluster)
        self.assertRegex(cluster.pods[0].out.text, r"leat: recovery: on from epoch \d+ \(run 2, /recovery/store\)")

    def resumed(self, inputs, claims, of=None):
        """A cluster of a flow with an input and an output, as the overlay would run it."""
        return self.cluster(of or objects("overlays/recovery"), {"/data": inputs}, claims,
                            command=["/opt/leat/bin/resumed"],
                            args=["-r", "/recovery/store", "-s", "0.05", "/data/in", "/recovery/out"])

    @staticmethod
    def by_key(lines):
        found = {}
        for line in lines.splitlines():
            found.setdefault(line.rsplit(" ", 1)[0], []).append(line)
        return found

    def test_is_gone_on_from_when_a_pod_was_killed(self):
        inputs, claims = Path(self.folder()), Path(self.folder())
        inputs.chmod(0o755)
        (inputs / "in").write_text("".join(f"line {i * i % 97}\n" for i in range(20000)))
        subprocess.run([f"{EXAMPLES}/resumed", inputs / "in", inputs / "undisturbed"], check=True)
        out = claims / "recovery-anomaly-detector-0" / "out"
        cluster = self.resumed(inputs, claims)
        for killed in (1, 0, 2):
            before = out.stat().st_size if out.exists() else 0
            cluster.start()
            until = time.monotonic() + 60
            while time.monotonic() < until and (out.stat().st_size if out.exists() else 0) <= before:
                time.sleep(0.01)
            cluster.pods[killed].send(signal.SIGKILL)
            self.assertEqual(cluster.ended(), [SIGNALLED + signal.SIGKILL if number == killed else 75 for number in range(3)],
                             cluster.said())
        self.assertEqual(cluster.start().ended(), [0, 0, 0], cluster.said())
        self.assertEqual(self.by_key(out.read_text()), self.by_key((inputs / "undisturbed").read_text()))

        # Two pods see two of three parts.
        fewer = copy.deepcopy(objects("overlays/recovery"))
        of = next(each for each in fewer if each["kind"] == "StatefulSet")
        of["spec"]["replicas"] = 2
        for variable in of["spec"]["template"]["spec"]["containers"][0]["env"]:
            if variable["name"] == "LEAT_ADDRESSES":
                variable["value"] = "\n".join(variable["value"].splitlines()[:2])
        cluster.close()
        scaled = self.resumed(inputs, claims, fewer).start()
        self.assertEqual(scaled.ended(), [1, 1], scaled.said())
        self.assertIn('the recovery store in "/recovery/store" has 3 files, of which part 2, seen by no process, is missing',
                      scaled.said())
        scaled.close()

        # A volume that is new beside others that are not.
        shutil.rmtree(claims / "recovery-anomaly-detector-1")
        again = self.resumed(inputs, claims).start()
        self.assertEqual(again.ended(), [1, 1, 1], again.said())
        self.assertIn('the recovery store "/recovery/store/part-1.sqlite3" is older than the others', again.said())
        again.close()

        # And one that belongs to another pod.
        (claims / "recovery-anomaly-detector-0").rename(claims / "kept")
        (claims / "recovery-anomaly-detector-2").rename(claims / "recovery-anomaly-detector-0")
        swapped = self.resumed(inputs, claims).pods[0].start()
        self.assertEqual(swapped.ended(), 1, swapped.out.text)
        self.assertIn("here belongs part 0", swapped.out.text)


class OfNoUse(Running):
    """Manifests of which no cluster comes do not pass for good ones here."""

    QUICKLY = {"LEAT_FORMATION_TIMEOUT": "2"}

    def ended_badly(self, change, status, why):
        of = copy.deepcopy(objects("base/job"))
        job = next(each for each in of if each["kind"] == "Job")
        change(of, job["spec"]["template"]["spec"], job["spec"]["template"]["spec"]["containers"][0])
        cluster = self.cluster(of, environment=self.QUICKLY).start()
        self.assertEqual(set(cluster.ended()), {status}, cluster.said())
        self.assertIn(why, cluster.said())

    def test_a_service_of_another_name(self):
        self.ended_badly(lambda of, pod, container: of[0]["metadata"].update(name="words"), 75, "wordcount-")

    def test_a_service_that_selects_others(self):
        self.ended_badly(lambda of, pod, container: of[0]["spec"].update(selector={"app": "words"}), 75, "wordcount-")

    def test_a_secret_that_is_not_mounted(self):
        self.ended_badly(lambda of, pod, container: container["volumeMounts"].pop(0), 2, "No such file")

    def test_a_number_that_nobody_gives(self):
        self.ended_badly(lambda of, pod, container: container["env"].pop(0), 2, "need the number of this process")

    def test_an_address_too_few(self):
        def change(of, pod, container):
            container["env"][1]["value"] = "wordcount-0.wordcount:2101\nwordcount-1.wordcount:2101\n"

        cluster = objects("base/job")
        change(cluster, None, cluster[1]["spec"]["template"]["spec"]["containers"][0])
        running = self.cluster(cluster, environment=self.QUICKLY).start()
        self.assertIn(2, running.ended(), running.said())

    def test_a_pod_that_may_write_nowhere_else_does_not_write_to_its_root(self):
        of = objects("base/job")
        cluster = self.cluster(of, command=["/bin/sh"], args=["-c", "touch /here 2>&1; touch /tmp/there && id -u && "
                                                              "grep -E 'NoNewPrivs|CapBnd' /proc/self/status"]).start()
        self.assertEqual(cluster.ended(), [0, 0, 0], cluster.said())
        self.assertIn("/here': Read-only file system", cluster.said())
        if pods.AS_ROOT:
            self.assertRegex(cluster.pods[0].out.text, r"(?m)^65532$")
            self.assertRegex(cluster.pods[0].out.text, r"CapBnd:\s*0+\n")
        self.assertRegex(cluster.pods[0].out.text, r"NoNewPrivs:\s*1")


if __name__ == "__main__":
    why = pods.refused()
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    assert FOLDERS
    unittest.main(verbosity=2)
