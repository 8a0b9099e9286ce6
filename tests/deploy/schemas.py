# SPDX-License-Identifier: BSL-1.0
"""schemas.py OfKubernetes|OfKubeRay: every manifest of deploy/kubernetes/ has only fields that these know, of the right
types. Kubernetes's schemas come with the package kubernetes-validate. KubeRay's lie beside the project; 77, with the
reason, where they do not.
"""
import copy
import gzip
import json
import os
import sys
import unittest
from pathlib import Path

import jsonschema
import kubernetes_validate

from manifests import FOLDERS, KUBERNETES, ROOT, kustomize, objects_of, templates

#: The oldest Kubernetes whose Jobs have all that ours say, and the newest that is known.
VERSIONS = ("1.29.0", "1.37.0")



def kuberay(kind):
    """The schema of a resource of KubeRay's; None where it does not lie beside the project."""
    for folder in (os.environ.get("LEAT_TEST_DATA"), ROOT / ".." / "shared" / "data"):
        path = Path(folder or "", "kuberay", f"{kind.lower()}s.v1.schema.json.gz")
        if folder and path.exists():
            return _strict(json.loads(gzip.decompress(path.read_bytes())))
    return None


def _strict(schema):
    """What the API server drops without a word, a field that is not known, is an error."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name: _strict(value) for name, value in schema.items()}
    if isinstance(said.get("properties"), dict) and said.get("type") == "object" and \
            not schema.get("x-kubernetes-preserve-unknown-fields"):
        said.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        said["type"] = ["integer", "string"]
    return said


def fault(manifest):
    """What is wrong with a manifest; None: nothing."""
    try:
        if manifest["apiVersion"].startswith("ray.io/"):
            jsonschema.Draft202012Validator(kuberay(manifest["kind"])).validate(manifest)
        else:
            for version in VERSIONS:
                kubernetes_validate.validate(manifest, version, strict=True)
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as wrong:
        return f"{'.'.join(str(each) for each in wrong.path)}: {wrong.message}"
    return None


def changed(manifest, path, change):
    wrong = copy.deepcopy(manifest)
    at = wrong
    for part in path:
        at = at[part]
    change(at)
    return wrong


class OfKubernetes(unittest.TestCase):
    def test_fields_are_known(self):
        for folder, each in objects_of("Service", "StatefulSet", "Job"):
            with self.subTest(folder.name, kind=each["kind"]):
                self.assertIsNone(fault(each))

    def test_fields_of_a_pod_on_ray_are_those_of_any_pod(self):
        """KubeRay's schema knows as much of a pod as its version does: Kubernetes's own is asked as well."""
        for folder, each in objects_of("RayJob", "RayCluster"):
            for spec in templates(each):
                with self.subTest(folder.name, kind=each["kind"]):
                    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": spec}
                    self.assertIsNone(fault(pod))

    def test_all_objects_are_of_a_kind_that_is_looked_at(self):
        kinds = {each["kind"] for folder in FOLDERS for each in kustomize.built(folder)}
        self.assertEqual(kinds, {"Service", "StatefulSet", "Job", "RayJob", "RayCluster"})

    def test_mistakes_are_found(self):
        container = ("spec", "template", "spec", "containers", 0)
        job = kustomize.built(KUBERNETES / "base" / "job")[1]
        for path, change in (((), lambda at: at.update(specs={})), (("spec",), lambda at: at.update(completion=3)),
                             (container, lambda at: at.update(enviroment=[])),
                             (container, lambda at: at.update(args="--proc")),
                             ((*container, "env", 0), lambda at: at.update(val="0")),
                             ((*container, "securityContext"), lambda at: at.update(readOnlyRootFileSystem=True)),
                             (("spec",), lambda at: at.update(completions="3"))):
            with self.subTest(path):
                self.assertIsNotNone(fault(changed(job, path, change)))


class OfKubeRay(unittest.TestCase):
    def test_fields_are_known(self):
        for folder, each in objects_of("RayJob", "RayCluster"):
            with self.subTest(folder.name, kind=each["kind"]):
                self.assertIsNone(fault(each))

    def test_mistakes_are_found(self):
        job = kustomize.built(KUBERNETES / "base" / "rayjob")[0]
        cluster = ("spec", "rayClusterSpec")
        for path, change in (((), lambda at: at.update(specs={})), (("spec",), lambda at: at.update(entryPoint="x")),
                             (("spec",), lambda at: at.update(backoffLimit="2")),
                             (cluster, lambda at: at.update(workerGroups=[])),
                             ((*cluster, "workerGroupSpecs", 0), lambda at: at.update(replica=3)),
                             ((*cluster, "authOptions"), lambda at: at.update(mode="tokens")),
                             ((*cluster, "headGroupSpec"), lambda at: at.pop("template")),
                             ((*cluster, "headGroupSpec", "template", "spec", "containers", 0),
                              lambda at: at.update(resource={}))):
            with self.subTest(path):
                self.assertIsNotNone(fault(changed(job, path, change)))


if __name__ == "__main__":
    if sys.argv[1:] == ["OfKubeRay"] and kuberay("RayJob") is None:
        print("skipped: there is no shared/data/kuberay beside the project")
        sys.exit(77)
    unittest.main(verbosity=2)
