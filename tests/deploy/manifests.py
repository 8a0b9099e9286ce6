# SPDX-License-Identifier: BSL-1.0
"""What the manifests of deploy/kubernetes/ have to say so that a cluster comes of them, is safe, and ends in order."""
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import yaml
except ModuleNotFoundError:
    print("skipped: there is no PyYAML (python3-yaml in Debian)")
    sys.exit(77)

import kustomize
import pods

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy" / "kubernetes"
FOLDERS = sorted(path.parent for part in ("base", "overlays")
                 for path in (KUBERNETES / part).glob("*/kustomization.yaml"))
#: Seconds that an orderly stop may take by itself: --stop-timeout, and what is given up at the end.
ORDERLY_STOP = 20 + 5


def objects_of(*kinds):
    for folder in FOLDERS:
        for each in kustomize.built(folder):
            if each["kind"] in kinds:
                yield folder, each


def templates(of):
    """All templates of pods somewhere in there."""
    if isinstance(of, list):
        for each in of:
            yield from templates(each)
    elif isinstance(of, dict):
        for name, value in of.items():
            if name in ("template", "submitterPodTemplate"):
                yield value["spec"]
            else:
                yield from templates(value)


def variables(container):
    return {each["name"]: each for each in container.get("env", [])}


def seconds(text):
    return float(text)


class Kustomizations(unittest.TestCase):
    def test_are_read_here_as_kustomize_reads_them(self):
        for folder in FOLDERS:
            with self.subTest(folder.name):
                theirs = kustomize.by_kustomize(folder)
                if theirs is None:
                    self.skipTest("there is neither kustomize nor kubectl")
                key = lambda each: (each["kind"], each["metadata"]["name"])  # noqa: E731
                self.assertEqual(sorted(kustomize.built(folder), key=key), sorted(theirs, key=key))

    def test_of_which_something_is_not_known_are_refused(self):
        good = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["set.yaml"]}
        a_set = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "flow"}, "spec": {"replicas": 1}}
        patch = [{"op": "replace", "path": "/spec/replicas", "value": 2}]
        for wrong in ({"namePrefix": "x-"}, {"kind": "Customization"}, {"replicas": [{"name": "other", "count": 2}]},
                      {"patches": [{"target": {"kind": "Deployment"}, "patch": yaml.dump(patch)}]},
                      {"patches": [{"target": {"kind": "StatefulSet", "group": "apps"}, "patch": yaml.dump(patch)}]},
                      {"patches": [{"target": {"kind": "StatefulSet"},
                                    "patch": yaml.dump([{**patch[0], "op": "test"}])}]},
                      {"patches": [{"target": {"kind": "StatefulSet"},
                                    "patch": yaml.dump([{**patch[0], "path": "/spec/parts"}])}]}):
            with self.subTest(wrong), tempfile.TemporaryDirectory() as folder:
                Path(folder, "set.yaml").write_text(yaml.dump(a_set))
                Path(folder, "kustomization.yaml").write_text(yaml.dump(good))
                self.assertEqual(kustomize.built(folder), [a_set])
                Path(folder, "kustomization.yaml").write_text(yaml.dump({**good, **wrong}))
                self.assertRaises(kustomize.Unknown, kustomize.built, folder)


class Clusters(unittest.TestCase):
    def test_each_process_has_an_address_and_each_address_a_process(self):
        for folder, each in objects_of("StatefulSet", "Job"):
            with self.subTest(folder.name):
                spec = each["spec"]
                container = spec["template"]["spec"]["containers"][0]
                count = spec.get("replicas", spec.get("completions"))
                addresses = variables(container)["LEAT_ADDRESSES"]["value"].splitlines()
                domain = spec.get("serviceName", spec["template"]["spec"].get("subdomain"))
                port = container["ports"][0]["containerPort"]
                self.assertEqual(addresses, [f"{each['metadata']['name']}-{i}.{domain}:{port}" for i in range(count)])
                if each["kind"] == "Job":
                    self.assertEqual((spec["completionMode"], spec["parallelism"]), ("Indexed", count))
                else:
                    self.assertEqual(spec["podManagementPolicy"], "Parallel")

    def test_the_service_names_pods_that_are_not_ready(self):
        for folder, service in objects_of("Service"):
            with self.subTest(folder.name):
                self.assertEqual(service["spec"]["clusterIP"], "None")
                self.assertIs(service["spec"]["publishNotReadyAddresses"], True)

    def test_what_the_environment_says_the_program_knows(self):
        known = (ROOT / "include/leat/run/cli/flags.hpp").read_text() + \
            (ROOT / "include/leat/run/cli/cluster_settings.ipp").read_text()
        for folder, each in objects_of("StatefulSet", "Job"):
            for name in variables(each["spec"]["template"]["spec"]["containers"][0]):
                with self.subTest(folder.name, name=name):
                    self.assertIn(f'"{name}"', known)

    def test_a_stop_has_the_time_that_it_takes_and_a_cluster_that_to_come_together(self):
        for folder, each in objects_of("StatefulSet", "Job"):
            with self.subTest(folder.name):
                spec = each["spec"]["template"]["spec"]
                said = variables(spec["containers"][0])
                self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], 2 * ORDERLY_STOP)
                self.assertNotIn("LEAT_STOP_TIMEOUT", said, "ORDERLY_STOP is of the default")
                back_off = 300 if each["kind"] == "StatefulSet" else 600
                self.assertGreater(seconds(said["LEAT_FORMATION_TIMEOUT"]["value"]), back_off)

    def test_a_job_tells_a_stop_from_an_end_and_an_error_from_a_loss(self):
        for folder, job in objects_of("Job"):
            with self.subTest(folder.name):
                container = job["spec"]["template"]["spec"]["containers"][0]
                stopped = int(variables(container)["LEAT_STOPPED_STATUS"]["value"])
                rules = job["spec"]["podFailurePolicy"]["rules"]
                final = next(rule["onExitCodes"]["values"] for rule in rules if rule["action"] == "FailJob")
                self.assertEqual(final, [1, 2, 76])
                self.assertNotIn(stopped, [0, *final])
                self.assertEqual(job["spec"]["maxFailedIndexes"], 0)


class Safety(unittest.TestCase):
    """What the Pod Security Standard "restricted" asks for, and more."""

    def test_no_pod_has_more_rights_than_it_needs(self):
        for folder, each in objects_of("StatefulSet", "Job", "RayJob", "RayCluster"):
            found = list(templates(each))
            self.assertTrue(found, each)
            for spec in found:
                with self.subTest(folder.name, kind=each["kind"], container=spec["containers"][0]["name"]):
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    self.assertIs(spec["enableServiceLinks"], False)
                    context = spec["securityContext"]
                    self.assertIs(context["runAsNonRoot"], True)
                    self.assertGreater(context["runAsUser"], 0)
                    self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
                    for container in [*spec["containers"], *spec.get("initContainers", [])]:
                        rights = container["securityContext"]
                        self.assertIs(rights["allowPrivilegeEscalation"], False)
                        self.assertIs(rights["readOnlyRootFilesystem"], True)
                        self.assertEqual(rights["capabilities"], {"drop": ["ALL"]})
                        for what in ("requests", "limits"):
                            self.assertEqual(set(container["resources"][what]), {"cpu", "memory"})
                        self.assertIn("/tmp", [mount["mountPath"] for mount in container["volumeMounts"]])

    def test_the_secret_is_a_file_that_the_process_can_read_and_others_cannot(self):
        for folder, each in objects_of("StatefulSet", "Job"):
            with self.subTest(folder.name):
                spec = each["spec"]["template"]["spec"]
                container = spec["containers"][0]
                self.assertNotIn("LEAT_SECRET", variables(container))
                volume = next(one for one in spec["volumes"] if "secret" in one)
                mount = next(one for one in container["volumeMounts"] if one["name"] == volume["name"])
                self.assertEqual(variables(container)["LEAT_SECRET_FILE"]["value"], mount["mountPath"] + "/secret")
                self.assertEqual(volume["secret"]["defaultMode"], 0o440)
                self.assertEqual(spec["securityContext"]["fsGroup"], spec["securityContext"]["runAsGroup"])


class OnRay(unittest.TestCase):
    def test_there_is_a_place_for_each_process(self):
        clusters = {each["metadata"]["name"]: each["spec"] for _, each in objects_of("RayCluster")}
        for folder, job in objects_of("RayJob"):
            with self.subTest(folder.name, job=job["metadata"]["name"]):
                words = shlex.split(job["spec"]["entrypoint"])
                selected = job["spec"].get("clusterSelector", {}).get("ray.io/cluster")
                cluster = clusters[selected] if selected else job["spec"]["rayClusterSpec"]
                group, = cluster["workerGroupSpecs"]
                self.assertEqual(int(words[words.index("--procs") + 1]), group["replicas"])
                limit = group["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"]
                self.assertEqual(int(words[words.index("--workers") + 1]), pods.cpus(limit))
                self.assertEqual(cluster["headGroupSpec"]["rayStartParams"]["num-cpus"], "0")


class Images(unittest.TestCase):
    def instructions(self, name):
        text = re.sub(r"\\\n", " ", (KUBERNETES / name).read_text())
        return [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]

    def test_what_is_copied_is_there_and_what_is_run_is_in_the_image(self):
        for name, kinds in (("Dockerfile", ("StatefulSet", "Job")), ("Dockerfile.ray", ("RayJob",))):
            said = self.instructions(name)
            stages = {words.split()[-1] for what, words in said if what == "FROM" and " AS " in words}
            for what, words in said:
                if what == "COPY" and not words.startswith("--from="):
                    for source in [word for word in words.split() if not word.startswith("--")][:-1]:
                        with self.subTest(name, copied=source):
                            self.assertTrue((ROOT / source).exists())
                elif what == "COPY" and not words.startswith("--from=leat-"):
                    self.assertIn(re.match(r"--from=(\S+)", words)[1], stages)
            where = next(words.split()[-1] for what, words in said if what == "COPY" and "/bin/" in words)
            for folder, each in objects_of(*kinds):
                program = (each["spec"]["template"]["spec"]["containers"][0]["command"][0] if "template" in each["spec"]
                           else shlex.split(each["spec"]["entrypoint"])[-1])
                with self.subTest(name, program=program):
                    self.assertEqual(Path(program).parent, Path(where))
                    self.assertTrue((ROOT / "examples" / f"{Path(program).name}.cpp").exists())

    @unittest.skipUnless(shutil.which("meson"), "there is no meson on this machine")
    def test_the_plain_one_builds_what_it_copies(self):
        """It is configured here as there, and Ninja asked what it would do."""
        said = self.instructions("Dockerfile")
        build = next(words for what, words in said if what == "RUN" and words.startswith("meson"))
        copied = next(words for what, words in said if what == "COPY" and "--from=build" in words)
        with tempfile.TemporaryDirectory() as folder:
            here = build.replace("/build", folder + "/build").replace(" /leat", f" {ROOT}").replace("ninja", "ninja -n")
            done = subprocess.run(here, shell=True, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for path in copied.split()[1:-1]:
            self.assertIn(path.replace("/build/", " ") + " ", build + " ")

    def test_the_plain_one_is_not_roots(self):
        user = [words for what, words in self.instructions("Dockerfile") if what == "USER"][-1]
        self.assertEqual({each["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
                          for _, each in objects_of("StatefulSet", "Job")}, {int(user.split(":")[0])})


if __name__ == "__main__":
    unittest.main(verbosity=2)
