# SPDX-License-Identifier: BSL-1.0
"""run.py plain|compiled|mixed|shared|readme|installed|cmake_source|subproject PROJECT COMPILER MESON CACHE: somebody else's program finds leat and runs.

Nothing is installed outside a temporary folder.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from sources import Cache, headers  # noqa: E402

CONSUMER = Path(__file__).resolve().parent / "consumer"
COMPILE_ONCE = Path(__file__).resolve().parent / "compile_once.py"
SAYS = "sum of squares: 30\n"
# Without the extensions that CMake would ask for: so the other ways have compiled the same texts.
STANDARD = "-DCMAKE_CXX_EXTENSIONS=OFF"
ONLY_LEAT = ("-Dtests=disabled", "-Dexamples=disabled", "-Dbenchmarks=disabled")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def call(*command, **more):
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **more)
    if done.returncode != 0:
        print(f"$ {shlex.join(str(part) for part in command)}\n{done.stdout}")
        sys.exit(1)
    return done.stdout


class Ways:
    def __init__(self, project, compiler, meson, scratch, objects):
        self.project, self.meson, self.scratch = project, shlex.split(meson), scratch
        quick = scratch / "quick-compiler"
        quick.write_text("#!/bin/sh\n" + shlex.join(["exec", sys.executable, str(COMPILE_ONCE), str(objects), compiler])
                         + ' "$@"\n')
        quick.chmod(0o755)
        self.compiler = str(quick)
        self.environment = {**os.environ, "CXX": self.compiler}
        for name in ("MESON_BUILD_ROOT", "MESON_SOURCE_ROOT", "DESTDIR", "CXXFLAGS", "PKG_CONFIG_PATH"):
            self.environment.pop(name, None)
        self.consumer = scratch / "consumer"
        shutil.copytree(CONSUMER, self.consumer)

    def install(self, *more):
        prefix, build = self.scratch / "prefix", self.scratch / "leat-build"
        call(*self.meson, "setup", build, self.project, f"--prefix={prefix}", "--wrap-mode=nofallback", *more,
             env=self.environment)
        call(*self.meson, "install", "-C", build, env=self.environment)
        return prefix

    def readme(self):
        """The lines that README.md installs it with, where there is no Asio."""
        line = re.search(r"^`?(meson setup build[^\n]*?) && meson install -C build", (self.project / "README.md").read_text(),
                         re.MULTILINE)
        without = self.scratch / "compiler"
        without.write_text("#!/bin/sh\n# A compiler that does not find Asio.\n"
                           "for word; do case $word in *.cpp) ! grep -q 'include.*asio/' \"$word\" || exit 1 ;; esac; done\n"
                           f"exec {self.environment['CXX']} \"$@\"\n")
        without.chmod(0o755)
        self.environment["CXX"] = str(without)
        call(*self.meson, "setup", self.scratch / "by-default", self.project, "--wrap-mode=nofallback",
             env=self.environment)
        prefix = self.install(*shlex.split(line[1])[3:])
        built = {path.name for path in (self.scratch / "leat-build").rglob("*.o")}
        if "src_leat.cpp.o" not in built or built - {"src_leat.cpp.o", "src_leat_recovery.cpp.o"}:
            print(f"of leat only what needs no Asio should have been compiled, and there are {built}")
            sys.exit(1)
        program = self.scratch / "program"
        call(self.compiler, "-std=c++20", f"-I{prefix / 'include'}", self.consumer / "main.cpp", "-pthread", "-o", program)
        return program

    def plain(self):
        program = self.scratch / "program"
        call(self.compiler, "-std=c++20", "-Iinclude", self.consumer / "main.cpp", "-pthread", "-o", program,
             cwd=self.project)
        return program

    def compiled(self):
        """As a project without a build system takes the compiled form: one unit of its own has the bodies. Without it the
        linker says what docs/compiling.md shows."""
        (self.consumer / "leat.cpp").write_text("#include <leat/src.hpp>\n")
        objects = []
        for name in ("main.cpp", "unit.cpp", "leat.cpp"):
            objects.append(self.scratch / f"{name}.o")
            call(self.compiler, "-std=c++20", "-Iinclude", "-DLEAT_COMPILED", "-DOF_TWO_UNITS", "-c",
                 self.consumer / name, "-o", objects[-1], cwd=self.project)
        program = self.scratch / "program"
        self.refused_by_the_linker(objects[:2], "undefined reference to `leat::flow::flow(")
        call(self.compiler, *objects, "-pthread", "-o", program)
        return program

    def refused_by_the_linker(self, objects, words):
        done = subprocess.run([self.compiler, *objects, "-pthread", "-o", self.scratch / "refused"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C"})
        if done.returncode == 0 or words not in done.stdout:
            print(f"these objects should not link, and the linker should say `{words}`:\n{done.stdout}")
            sys.exit(1)

    def mixed(self):
        """Objects of both forms do not link, and the linker's words say why."""
        objects = []
        for name, form in (("main.cpp", []), ("unit.cpp", ["-DLEAT_COMPILED"])):
            objects.append(self.scratch / f"{name}.o")
            call(self.compiler, "-std=c++20", "-Iinclude", "-DOF_TWO_UNITS", *form, "-c", self.consumer / name,
                 "-o", objects[-1], cwd=self.project)
        self.refused_by_the_linker(objects, "leat_is_header_only_in_some_objects_and_compiled_in_others")
        return self.plain()

    def shared(self):
        """Shared objects of both forms in one program: each can be run as a cluster, whoever was loaded before it."""
        (self.consumer / "leat.cpp").write_text("#include <leat/src.hpp>\n#include <leat/src_tcp.hpp>\n")
        common = [self.compiler, "-std=c++20", "-Iinclude", "-fPIC", "-pthread"]
        call(*common, "-DLEAT_COMPILED", "-fvisibility=hidden", "-c", self.consumer / "leat.cpp", "-o",
             self.scratch / "leat.o", cwd=self.project)
        compiled = ["-DLEAT_COMPILED", self.scratch / "leat.o"]
        plugins = {name: self.scratch / f"lib{name}.so" for name in ("first", "second", "third")}
        for name, form in zip(plugins, (compiled, compiled, [])):
            call(*common, f"-DPLUGIN={name}", "-shared", self.consumer / "plugin.cpp", *form, "-o", plugins[name],
                 cwd=self.project)
        host = self.scratch / "host"
        call(self.compiler, self.consumer / "host.cpp", *plugins.values(), f"-Wl,-rpath,{self.scratch}", "-o", host)
        call(host)
        return self.plain()

    def installed(self):
        """Once, since its libraries take long to compile, and found by pkg-config and by CMake."""
        if not shutil.which("pkg-config") or not shutil.which("cmake"):
            skip("there is no pkg-config, or no cmake")
        prefix = self.install(*ONLY_LEAT)
        self.expect(self.pkgconfig(prefix))
        return self.cmake(prefix)

    def pkgconfig(self, prefix):
        self.environment["PKG_CONFIG_PATH"] = str(prefix / "share" / "pkgconfig")
        flags = call("pkg-config", "--cflags", "--libs", "leat >= 0.1", env=self.environment)
        program = self.scratch / "program"
        call(self.compiler, "-std=c++20", self.consumer / "main.cpp", *shlex.split(flags), "-o", program)
        flags = call("pkg-config", "--cflags", "--libs", "leat-tcp", "leat-tls", "leat-recovery", "leat-boost",
                     env=self.environment)
        optional = self.scratch / "optional"
        call(self.compiler, "-std=c++20", self.consumer / "optional.cpp", *shlex.split(flags), "-o", optional)
        call(optional)
        flags = call("pkg-config", "--cflags", "--libs", "leat-compiled", env=self.environment)
        compiled = self.scratch / "compiled"
        call(self.compiler, "-std=c++20", "-DOF_TWO_UNITS", self.consumer / "main.cpp", self.consumer / "unit.cpp",
             *shlex.split(flags), "-o", compiled)
        self.expect(compiled)
        flags = call("pkg-config", "--cflags", "--libs", "leat-tls-compiled", "leat-recovery-compiled",
                     env=self.environment)
        call(self.compiler, "-std=c++20", self.consumer / "optional.cpp", *shlex.split(flags), "-o", optional)
        call(optional)
        return program

    def expect(self, program):
        said = call(program)
        if said != SAYS:
            print(f"{program} said {said!r}, not {SAYS!r}")
            sys.exit(1)

    def cmake(self, prefix):
        # A package that has been moved since it was installed is found all the same.
        moved = prefix.rename(self.scratch / "moved")
        build = self.scratch / "build"
        call("cmake", "-G", "Ninja", "-S", self.consumer, "-B", build, f"-DCMAKE_PREFIX_PATH={moved}", STANDARD,
             env=self.environment)
        call("cmake", "--build", build)
        call(build / "optional")
        call(build / "optional_compiled")
        self.expect(build / "compiled")
        return build / "consumer"

    def cmake_source(self):
        """By FetchContent, which is add_subdirectory behind a download."""
        if not shutil.which("cmake"):
            skip("there is no cmake")
        build = self.scratch / "build"
        call("cmake", "-G", "Ninja", "-S", self.consumer, "-B", build, f"-DLEAT_SOURCE={self.project}", STANDARD,
             env=self.environment)
        call("cmake", "--build", build)
        call(build / "optional")
        call(build / "optional_compiled")
        self.expect(build / "compiled")
        return build / "consumer"

    def subproject(self):
        inner = self.consumer / "subprojects" / "leat"
        shutil.copytree(self.project, inner, ignore=shutil.ignore_patterns(".git", "build", "build-*"))
        page = (self.project / "docs" / "compiling.md").read_text()
        wrap = re.search(r"^```\n(\[wrap-git\].*?)^```", page, re.DOTALL | re.MULTILINE)
        (inner.parent / "leat.wrap").write_text(wrap[1])
        build = self.scratch / "build"
        call(*self.meson, "setup", build, self.consumer, "--wrap-mode=forcefallback", env=self.environment)
        call(*self.meson, "compile", "-C", build)
        programs = [path.name for path in build.rglob("*") if path.is_file() and os.access(path, os.X_OK)
                    and "meson-private" not in path.parts]
        if sorted(programs) != ["compiled", "consumer"]:
            print(f"a subproject builds no program of its own, but there are {programs}")
            sys.exit(1)
        self.expect(build / "compiled")
        return build / "consumer"


def ingredients(project):
    """The text of all that can make a difference, the headers apart."""
    paths = [*project.glob("meson*"), *project.glob("*.txt"), project / "README.md", project / "docs" / "compiling.md", *project.glob("cmake/*"), *project.glob("src/*"), *CONSUMER.glob("*"), COMPILE_ONCE, *project.glob("*/**/meson.build")]
    kept = {path for path in paths if path.is_file() and not path.relative_to(project).parts[0].startswith("build")}
    return repr([(str(path), path.read_text()) for path in sorted(kept)])


def main(way, project, compiler, meson, cache_folder):
    cache = Cache(cache_folder, compiler, [way, meson])
    key = cache.key(project / "include", ingredients(project), headers(project / "include"), __file__)
    if cache.knows(key):
        print(f"{way}: nothing has changed since it worked")
        return 0
    with tempfile.TemporaryDirectory(prefix="leat-package-") as scratch:
        ways = Ways(project, compiler, meson, Path(scratch), Path(cache_folder, "objects").resolve())
        said = call(getattr(ways, way)())
    if said != SAYS:
        print(f"the program said {said!r}, not {SAYS!r}")
        return 1
    cache.remember(key)
    print(f"{way}: {said}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:6]))
