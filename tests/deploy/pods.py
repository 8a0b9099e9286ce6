# SPDX-License-Identifier: BSL-1.0
"""The pods of a StatefulSet or an Indexed Job, run on this machine as processes that see what they would see in a
container: their command, environment, volumes, user, a root that they cannot write, and names of the other pods.

It needs a mount namespace of its own: root has one, and other users where the system lets them (`unshare --user`).
"""
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

AS_ROOT = os.geteuid() == 0
UNSHARE = ["unshare", "--mount"] if AS_ROOT else ["unshare", "--mount", "--user", "--map-root-user"]
MISSING = next((program for program in ("unshare", "mount", "chroot", "setpriv") if not shutil.which(program)), None)


def refused():
    """Why no pod can be run here; None where they can."""
    if MISSING:
        return f"there is no {MISSING} on this machine"
    tried = subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    return f"this machine lets nobody have a mount namespace: {tried.stderr.strip()}" if tried.returncode else None


def cpus(text):
    """As the downward API tells them: rounded up."""
    return math.ceil(float(text[:-1]) / 1000 if str(text).endswith("m") else float(text))


class Volumes:
    """What lasts longer than a pod: secrets, claims."""

    def __init__(self, folder, secrets):
        self.folder = Path(folder)
        self.secrets = secrets  # by name, then by key

    def claim(self, name):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        path.chmod(0o2777)
        return path


class Pod:
    """A pod of a StatefulSet or a Job, by its number. `start` makes a new container of it."""

    def __init__(self, of, number, address, hosts, volumes, image, revision="1"):
        """`hosts`: lines of /etc/hosts. `image`: what stands in the image by the path there, read only."""
        name = of["metadata"]["name"]
        self.of, self.number, self.address = of, number, address
        self.hosts, self.volumes, self.image = hosts, volumes, image
        self.template = of["spec"]["template"]
        self.spec = self.template["spec"]
        self.container = self.spec["containers"][0]
        self.name = f"{name}-{number}"
        self.labels = dict(self.template["metadata"]["labels"])
        self.annotations = {}
        if of["kind"] == "StatefulSet":
            self.labels["controller-revision-hash"] = f"{name}-{revision}"
            self.labels["apps.kubernetes.io/pod-index"] = str(number)
        else:
            self.labels["batch.kubernetes.io/controller-uid"] = f"uid-{revision}"
            self.annotations["batch.kubernetes.io/job-completion-index"] = str(number)
        self.process = None
        self._root = tempfile.TemporaryDirectory(prefix="leat-pod-")

    def environment(self, container):
        said = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": self.name}
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                value = self._told(variable["valueFrom"], container)
            else:
                value = re.sub(r"\$\((\w+)\)", lambda found: said.get(found[1], found[0]), variable["value"])
            said[variable["name"]] = value
        return said

    def _told(self, source, container):
        (kind, of), = source.items()
        if kind == "resourceFieldRef":
            where, resource = of["resource"].split(".")
            assert resource == "cpu", of
            return str(cpus(container["resources"][where][resource]))
        assert kind == "fieldRef", source
        path = of["fieldPath"]
        if path == "metadata.name":
            return self.name
        if path == "status.podIP":
            return self.address
        of_what, key = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path).groups()
        return (self.labels if of_what == "labels" else self.annotations)[key]

    def start(self):
        """Its init containers one after the other, and when they have ended well its container."""
        for first in self.spec.get("initContainers", []):
            if self._start(first).ended() != 0:
                return self
        return self._start(self.container)

    def _start(self, container):
        context = {**self.spec.get("securityContext", {}), **container.get("securityContext", {})}
        root = self._root.name
        script = ["set -e", f"mount -t tmpfs -o mode=755 none {root}"]
        script.append(f"mkdir {root}/etc {root}/usr {root}/proc {root}/dev")
        script += [f"mount --rbind /{each} {root}/{each}" for each in ("usr", "proc", "dev")]
        for each in ("bin", "sbin", "lib", "lib64"):
            if Path(f"/{each}").is_symlink():
                script.append(f"cp -P /{each} {root}/{each}")
            elif Path(f"/{each}").is_dir():
                script.append(f"mkdir {root}/{each}; mount --rbind /{each} {root}/{each}")
        script += [f"cp /etc/{each} {root}/etc/" for each in ("passwd", "group", "nsswitch.conf", "ld.so.cache")
                   if Path(f"/etc/{each}").exists()]
        script.append(f"printf '%s' '{self.hosts}' >{root}/etc/hosts")
        for path, source in self.image.items():
            at = f"{root}{path}"
            script.append(f"mkdir -p {at}; mount --bind '{source}' {at}; mount -o remount,bind,ro {at}")
        volumes = {each["name"]: each for each in self.spec.get("volumes", [])}
        for claim in self.of["spec"].get("volumeClaimTemplates", []):
            volumes[claim["metadata"]["name"]] = {"claim": f"{claim['metadata']['name']}-{self.name}"}
        for mount in container.get("volumeMounts", []):
            script += self._mount(f"{root}{mount['mountPath']}", volumes[mount["name"]], context)
        if context.get("readOnlyRootFilesystem"):
            script.append(f"mount -o remount,bind,ro {root}")
        script.append(f'exec chroot {root} {" ".join(self._rights(context))} "$@"')
        self.out = Output()
        self.process = subprocess.Popen(
            [*UNSHARE, "sh", "-c", "; ".join(script), "sh", *container["command"], *container.get("args", [])],
            env=self.environment(container), stdin=subprocess.DEVNULL, stdout=self.out.write, stderr=self.out.write)
        self.out.begin()
        return self

    def _mount(self, at, volume, context):
        yield f"mkdir -p {at}"
        if "emptyDir" in volume:
            yield f"mount -t tmpfs -o mode=1777 none {at}"
        elif "secret" in volume:
            # A volume with fsGroup: root's, and for that group. Other users than root cannot give it away.
            group, mode = (context["fsGroup"], volume["secret"]["defaultMode"] | 0o440) if AS_ROOT else (0, 0o400)
            yield f"mount -t tmpfs -o mode=755 none {at}"
            for key, value in self.volumes.secrets[volume["secret"]["secretName"]].items():
                yield f"printf '%s' '{value}' >{at}/{key}; chgrp {group} {at}/{key}; chmod {mode:o} {at}/{key}"
            yield f"mount -o remount,bind,ro {at}"
        else:
            yield f"mount --bind {self.volumes.claim(volume['claim'])} {at}"

    @staticmethod
    def _rights(context):
        if not AS_ROOT:
            return ["setpriv", "--no-new-privs"]
        rights = ["setpriv", f"--reuid={context['runAsUser']}", f"--regid={context['runAsGroup']}"]
        rights.append(f"--groups={context['fsGroup']}" if "fsGroup" in context else "--clear-groups")
        if context.get("allowPrivilegeEscalation") is False:
            rights.append("--no-new-privs")
        if context.get("capabilities", {}).get("drop") == ["ALL"]:
            rights += ["--bounding-set=-all", "--inh-caps=-all"]
        return rights

    def listens(self, port):
        """What a probe by TCP would see."""
        with socket.socket() as probe:
            probe.settimeout(10)
            return probe.connect_ex((self.address, port)) == 0

    def send(self, number):
        self.process.send_signal(number)

    def ended(self, within=60):
        """Its exit status, as Kubernetes tells it, and all that it said."""
        status = self.process.wait(within)
        self.out.end()
        return status if status >= 0 else 128 - status

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.out.end()
        self._root.cleanup()


class Output:
    """What a process prints, standard output and error in one, as it comes."""

    def __init__(self):
        self._read, self.write = os.pipe()
        self._text = ""
        self._over = False
        self._more = threading.Condition()

    def begin(self):
        os.close(self.write)
        self._reader = threading.Thread(target=self._take, daemon=True)
        self._reader.start()

    def _take(self):
        with os.fdopen(self._read, errors="replace") as lines:
            for line in lines:
                with self._more:
                    self._text += line
                    self._more.notify_all()
        with self._more:
            self._over = True
            self._more.notify_all()

    @property
    def text(self):
        with self._more:
            return self._text

    def says(self, pattern, within=60):
        """Whether it prints that, a regular expression. False when it ends before."""
        with self._more:
            self._more.wait_for(lambda: self._over or re.search(pattern, self._text, re.M), within)
            return re.search(pattern, self._text, re.M) is not None

    def end(self):
        self._reader.join()


class Cluster:
    """All pods of a StatefulSet or a Job, with names that lead to loopback."""

    def __init__(self, objects, volumes, image):
        self.of = next(each for each in objects if each["kind"] in ("StatefulSet", "Job"))
        spec = self.of["spec"]
        service = next(each for each in objects if each["kind"] == "Service")
        count = spec.get("replicas", spec.get("completions"))
        if self.of["kind"] == "Job":
            count = min(count, spec["parallelism"])
        domain = spec.get("serviceName", spec["template"]["spec"].get("subdomain"))
        net = f"127.{1 + os.getpid() % 250}.{os.getpid() // 250 % 250}"
        addresses = [f"{net}.{1 + number}" for number in range(count)]
        # Only the Service by whose name the pods have theirs gives them one, and only to pods that it selects.
        name, labels = self.of["metadata"]["name"], spec["template"]["metadata"]["labels"]
        known = service["metadata"]["name"] == domain and service["spec"]["selector"].items() <= labels.items()
        self.hosts = "127.0.0.1 localhost\n" + "".join(
            f"{address} {name}-{number}.{domain}\n" for number, address in enumerate(addresses) if known)
        self.pods = [Pod(self.of, number, address, self.hosts, volumes, image)
                     for number, address in enumerate(addresses)]

    def start(self):
        for pod in self.pods:
            pod.start()
        return self

    def ended(self, within=60):
        return [pod.ended(within) for pod in self.pods]

    def said(self):
        return "".join(f"--- {pod.name}\n{pod.out.text}" for pod in self.pods)

    def close(self):
        for pod in self.pods:
            pod.close()
