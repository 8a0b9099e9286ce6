# SPDX-License-Identifier: BSL-1.0
"""kuberay.py EXAMPLES ENVIRONMENT WithoutRay|OnRay: the entry points of the RayJobs of deploy/kubernetes/, as they
stand there but for the place of the program: without Ray, or on nodes as the manifests ask for. 77, with the reason,
where Ray cannot be installed into the virtual environment.
"""
import json
import os
import shlex
import subprocess
import sys
import textwrap
import unittest
from collections import Counter
from pathlib import Path

from manifests import ROOT, objects_of, pods

sys.path.insert(0, str(ROOT / "tests" / "tools"))
from in_environment import installed  # noqa: E402
from on_ray import RAY  # noqa: E402

EXAMPLES, ENVIRONMENT = str(Path(sys.argv.pop(1)).resolve()), Path(sys.argv.pop(1)).resolve()
#: Ray's own cluster of several nodes on this machine; the entry points are run in it, one after the other.
NODES = textwrap.dedent("""
    import json, os, subprocess, sys
    from ray.cluster_utils import Cluster
    asked = json.loads(sys.argv[1])
    memory = {"object_store_memory": 100 << 20}
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": asked["head"], **memory})
    for cpus in asked["nodes"]:
        nodes.add_node(num_cpus=cpus, **memory)
    nodes.wait_for_nodes()
    done = subprocess.run(asked["command"], env={**os.environ, "RAY_ADDRESS": nodes.address})
    nodes.shutdown()
    sys.exit(done.returncode)
""")


def jobs():
    """Of each RayJob: its name, its entry point, and the RayCluster that it runs in."""
    clusters = {each["metadata"]["name"]: each["spec"] for _, each in objects_of("RayCluster")}
    for _, job in objects_of("RayJob"):
        selected = job["spec"].get("clusterSelector", {}).get("ray.io/cluster")
        yield job["metadata"]["name"], shlex.split(job["spec"]["entrypoint"]), \
            clusters[selected] if selected else job["spec"]["rayClusterSpec"]


def here(word):
    """A program of the image where it was built."""
    return word.replace("/opt/leat/bin", EXAMPLES)


def command(entry, python, *more):
    """The entry point on this machine, by this interpreter."""
    assert entry[:3] == ["python", "-m", "leat_ray"], entry
    return [python, "-m", "leat_ray", *more, *map(here, entry[3:])]


class EntryPoints:
    def check(self, name, entry, given, **more):
        done = subprocess.run(given, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "PYTHONPATH": str(ROOT / "deploy" / "ray"), "PYTHONUNBUFFERED": "1",
                                   "RAY_USAGE_STATS_ENABLED": "0", "RAY_enable_worker_prestart": "false"})
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.split("] ", 1) for line in done.stdout.splitlines() if line.startswith("[process ")]
        if name == "wordcount":
            program = [here(word) for word in entry[entry.index("--") + 1:]]
            alone = subprocess.run(program, capture_output=True, text=True, check=True)
            self.assertEqual([line[1] for line in lines], alone.stdout.splitlines())
        else:
            said = Counter(line[1].split(": value")[0] for line in lines if ": value = " in line[1])
            self.assertEqual(said, {"v": 40, "hz": 40})
        procs = int(entry[entry.index("--procs") + 1])
        for number in range(procs):
            self.assertIn(f"process {number} of {procs}", done.stdout + done.stderr)


class WithoutRay(EntryPoints, unittest.TestCase):
    def test_entry_points(self):
        for name, entry, _ in jobs():
            with self.subTest(name):
                self.check(name, entry, command(entry, sys.executable, "--backend", "local"))


class OnRay(EntryPoints, unittest.TestCase):
    def test_entry_points(self):
        python = str(ENVIRONMENT / "bin" / "python")
        for name, entry, cluster in jobs():
            group, = cluster["workerGroupSpecs"]
            cpus = pods.cpus(group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"])
            asked = {"head": int(cluster["headGroupSpec"]["rayStartParams"]["num-cpus"]),
                     "nodes": [cpus] * group["replicas"], "command": command(entry, python)}
            with self.subTest(name):
                self.check(name, entry, [python, "-c", NODES, json.dumps(asked)])


if __name__ == "__main__":
    why = installed(ENVIRONMENT, RAY) if sys.argv[1:] == ["OnRay"] else None
    if why:
        print(f"skipped: {why}")
        sys.exit(77)
    unittest.main(verbosity=2)
