# SPDX-License-Identifier: BSL-1.0
"""run_pods.py EXAMPLES: the StatefulSet and the Job of deploy/kubernetes/ as processes of this machine, with what
happens to pods: they are killed, evicted, updated. 77, with the reason, where this machine lets no pod be run.
"""
import copy
import re
import signal
import subprocess
import sys
import tempfile
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
    def cluster(self, of, **changes):
        """A cluster of these objects. `changes` are made to its container."""
        folder = tempfile.TemporaryDirectory(prefix="leat-volumes-")
        self.addCleanup(folder.cleanup)
        of = copy.deepcopy(of)
        what = next(each for each in of if each["kind"] in ("StatefulSet", "Job"))
        container = what["spec"]["template"]["spec"]["containers"][0]
        environment = changes.pop("environment", {})
        container.update(changes)
        for name, value in environment.items():
            container["env"] = [each for each in container["env"] if each["name"] != name]
            container["env"] += [{"name": name, "value": value}]
        volumes = pods.Volumes(folder.name, {what["metadata"]["name"]: {"secret": SECRET}})
        cluster = pods.Cluster(of, volumes, {"/opt/leat/bin": EXAMPLES})
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


class AStore(Running):
    def test_is_on_a_volume_of_each_pod_that_outlives_it(self):
        cluster = self.cluster(objects("overlays/recovery"), command=["/bin/sh"],
                               args=["-c", "echo $HOSTNAME >>/recovery/here; cat /recovery/here"])
        for runs in (1, 2):
            self.assertEqual(cluster.start().ended(), [0, 0, 0], cluster.said())
            for pod in cluster.pods:
                self.assertEqual(pod.out.text.splitlines(), [pod.name] * runs)

    def test_is_refused_by_a_program_without_recovery(self):
        cluster = self.cluster(objects("overlays/recovery")).start()
        self.assertEqual(cluster.ended(), [2, 2, 2], cluster.said())


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
