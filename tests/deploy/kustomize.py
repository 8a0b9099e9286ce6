# SPDX-License-Identifier: BSL-1.0
"""What a kustomization of deploy/kubernetes/ makes: so much of kustomize as is used there, for machines without it.
What it does not know it refuses. Where there is kustomize, a test compares the two.
"""
import copy
import shutil
import subprocess
from pathlib import Path

import yaml

KINDS = {"Kustomization": "kustomize.config.k8s.io/v1beta1", "Component": "kustomize.config.k8s.io/v1alpha1"}
KEYS = {"apiVersion", "kind", "namespace", "resources", "components", "images", "replicas", "patches"}

#: Lists whose elements are merged one by one, and what they are known by; others are replaced.
MERGED_BY = {"containers": "name", "initContainers": "name", "env": "name", "volumes": "name",
             "volumeMounts": "mountPath", "ports": "containerPort"}


class Unknown(Exception):
    """A kustomization says something that is not understood here."""


def built(folder):
    """The objects of the kustomization in this folder."""
    return _with(Path(folder), [])


def _with(folder, objects):
    """Components change the objects before them, other kustomizations only what they name."""
    described = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if set(described) - KEYS:
        raise Unknown(f"{folder}: {', '.join(sorted(set(described) - KEYS))}")
    if KINDS.get(described.get("kind")) != described.get("apiVersion"):
        raise Unknown(f"{folder}: {described.get('kind')} of {described.get('apiVersion')}")
    for name in described.get("resources", []):
        path = folder / name
        if path.is_dir():
            objects += built(path)
        else:
            objects += [each for each in yaml.safe_load_all(path.read_text()) if each is not None]
    for name in described.get("components", []):
        objects = _with(folder / name, objects)
    for patch in described.get("patches", []):
        _patch(folder, patch, objects)
    if "namespace" in described:
        for each in objects:
            each["metadata"]["namespace"] = described["namespace"]
    for image in described.get("images", []):
        for container in _containers(objects):
            _rename(container, image)
    for replicas in described.get("replicas", []):
        of = [each for each in objects
              if (each["kind"], each["metadata"]["name"]) == ("StatefulSet", replicas["name"])]
        if not of:
            raise Unknown(f"{folder}: there is no StatefulSet {replicas['name']} to have so many replicas")
        for each in of:
            each["spec"]["replicas"] = replicas["count"]
    return objects


def _containers(of):
    """All containers somewhere in there."""
    if isinstance(of, list):
        for each in of:
            yield from _containers(each)
    elif isinstance(of, dict):
        for name, value in of.items():
            if name in ("containers", "initContainers"):
                yield from value
            else:
                yield from _containers(value)


def _rename(container, image):
    name, colon, tag = container["image"].rpartition(":")
    if not colon or "/" in tag:
        name, tag = container["image"], ""
    if name == image["name"]:
        tag = image.get("newTag", tag)
        container["image"] = image.get("newName", name) + (f":{tag}" if tag else "")


def _patch(folder, patch, objects):
    """Operations (JSON 6902) upon the target, or a part of an object that is merged into it."""
    if set(patch) - {"target", "patch", "path"}:
        raise Unknown(f"{folder}: {', '.join(sorted(set(patch) - {'target', 'patch', 'path'}))} of a patch")
    said = yaml.safe_load(patch["patch"] if "patch" in patch else (folder / patch["path"]).read_text())
    target = patch.get("target") or {"kind": said["kind"], "name": said["metadata"]["name"]}
    if set(target) - {"kind", "name"}:
        raise Unknown(f"{folder}: {', '.join(sorted(target))} as the target of a patch")
    of = [each for each in objects if each["kind"] == target["kind"] and
          target.get("name", each["metadata"]["name"]) == each["metadata"]["name"]]
    if not of:
        raise Unknown(f"{folder}: there is no {target} to be patched")
    for each in of:
        if isinstance(said, list):
            for operation in said:
                _apply(operation, each)
        else:
            _merge(said, each)


def _merge(patch, into):
    for name, value in patch.items():
        if value is None:
            into.pop(name, None)
        elif isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(value, into[name])
        elif name in MERGED_BY and name in into:
            by = MERGED_BY[name]
            known = {each[by]: each for each in into[name]}
            for each in value:
                _merge(each, known.setdefault(each[by], {}))
            first = [each[by] for each in value]
            into[name] = [known[each] for each in first] + [each for each in into[name] if each[by] not in first]
        else:
            into[name] = copy.deepcopy(value)


def _apply(operation, to):
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
    for part in parents:
        to = to[int(part)] if isinstance(to, list) else to[part]
    what, value = operation["op"], copy.deepcopy(operation.get("value"))
    place = last if isinstance(to, dict) else len(to) if last == "-" else int(last)
    there = place in to if isinstance(to, dict) else place < len(to)
    if what == "add" and isinstance(to, list):
        to.insert(place, value)
    elif what == "add" or (what == "replace" and there):
        to[place] = value
    elif what == "remove" and there:
        del to[place]
    else:
        raise Unknown(f"{what} {operation['path']}")


def by_kustomize(folder):
    """What kustomize itself makes of it; None where there is none."""
    for program in (["kustomize", "build"], ["kubectl", "kustomize"]):
        if shutil.which(program[0]):
            done = subprocess.run([*program, str(folder)], capture_output=True, text=True)
            if done.returncode != 0:
                raise Unknown(f"{' '.join(program)} {folder}: {done.stderr}")
            return list(yaml.safe_load_all(done.stdout))
    return None
