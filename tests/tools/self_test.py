# SPDX-License-Identifier: BSL-1.0
"""Every gate finds what it is for, and leaves alone what it is not for."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import bundle
import docs_outputs
import docs_pages
import docs_programs
import forbidden_names
import header_shape
import headers_alone
import include_direction
import sources
import summary

_specification = importlib.util.spec_from_file_location("misuse", Path(__file__).parent.parent / "misuse" / "run.py")
misuse = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(misuse)

_specification = importlib.util.spec_from_file_location("reference", Path(__file__).parents[2] / "tools" / "reference.py")
reference = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(reference)

TOP = "// SPDX-License-Identifier: BSL-1.0\n#pragma once\n"
COMPILER = next((name for name in ("g++-12", "g++", "clang++-19") if shutil.which(name)), None)


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="leat-self-test ")
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name

    def put(self, name, text):
        path = Path(self.root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)


class ForbiddenNames(Tree):
    def faults(self, line, name="leat/op/x.hpp"):
        self.put(name, TOP + line + "\n")
        return forbidden_names.check(self.root)

    def test_finds_each_kind(self):
        for line in ("auto t = std::chrono::steady_clock::now();", "auto t = clock :: now ();", "timespec_get(&t, 1);",
                     "auto t = time(nullptr);", "std::jthread t;", "std::this_thread::yield();", "#include <thread>",
                     "pthread_self();", "::sleep(1);", "usleep(1);", "::socket(1, 2, 3);", "int s = socket(1, 2, 3);", "int s = ::accept(l, p, n);",
                     "#include <sys/socket.h>", "#include <asio/ip/tcp.hpp>", "std::random_device d;",
                     "#include <random>", "int n = rand();", "getrandom(p, 1, 0);", "std::getenv(\"HOME\");",
                     "char* home = secure_getenv(name);", "int f = ::open(path, O_RDONLY);", "n = ::read(f, to, most);",
                     "if (::write(f, from, size) < 0) fail();", "std::FILE* f = std::fopen(path, \"r\");", "fwrite(p, 1, n, f);",
                     "::fstat(f, &facts);", "(::ftruncate(f, 0));", "std::ofstream log(path);", "#include <dirent.h>",
                     "std::filesystem::exists(path);", "::unlink(name);"):
            with self.subTest(line):
                faults = self.faults(line)
                self.assertEqual(len(faults), 1, faults)
                self.assertTrue(faults[0].startswith("include/leat/op/x.hpp:3: "), faults[0])

    def test_lets_the_rest_be(self):
        for line in ("auto t = world.now();", "auto t = step_->worker->now();", "// std::thread is not named here",
                     "/* getenv\n std::thread */", "throw error(\"getenv: the std::thread\");", "f(R\"(rand())\");",
                     "int operand(int);", "link.accept(peer);", "link->socket(1);", "bool accept(peer& from);", "co_await leat::sleep(2s);", "wall_clock& clock();", "auto n = 1'000; auto c = 'x';",
                     "std::stop_token stop;", "std::atomic<int> threads;", "run_time(x);", "auto w = wall_time(x);",
                     "void output_file::open() {", "int channel<T>::read(int n) {", "files.open(path, use, handle);", "file_.write(text);",
                     "std::filesystem::path const name;", "struct standard<std::filesystem::path> {"):
            with self.subTest(line):
                self.assertEqual(self.faults(line), [])

    def test_standard_output_is_no_file(self):
        self.assertEqual(self.faults("n = ::write(1, text, size);", "leat/detail/write_all.ipp"), [])
        self.assertEqual(len(self.faults("::sleep(1);", "leat/detail/write_all.ipp")), 1)

    def test_instructions_have_one_file(self):
        for line in ("a = __builtin_ia32_crc32di(a, b);", "__builtin_prefetch(at);", "#ifdef __AVX2__", "#if defined(__x86_64__)",
                     "#include <immintrin.h>", "if (__builtin_cpu_supports(\"avx2\")) f();"):
            with self.subTest(line):
                for name in ("leat/op/x.hpp", "leat/run/x.hpp"):
                    self.assertEqual(len(self.faults(line, name)), 1)
                    Path(self.root, name).unlink()
                self.assertEqual(self.faults(line, "leat/detail/instructions.hpp"), [])
        self.assertEqual(self.faults("prefetch_to_read(at);"), [])

    def test_the_runtime_may(self):
        self.assertEqual(self.faults("std::thread t; std::getenv(name); ::open(name, 0);", "leat/run/threads.hpp"), [])


class IncludeDirection(Tree):
    def faults(self, **files):
        for name, included in files.items():
            self.put(f"leat/{name.replace('__', '/')}.hpp", TOP + "".join(f"#include <{one}>\n" for one in included))
        return include_direction.check(self.root)

    def test_op_and_run(self):
        faults = self.faults(run__run=[], op__map=["leat/run/run.hpp"])
        self.assertEqual(len(faults), 1)
        self.assertTrue(faults[0].startswith("include/leat/op/map.hpp:3: op/ may not include run/"), faults)

    def test_no_detour_is_allowed(self):
        for name, may in include_direction.ALLOWED.items():
            for other in may:
                self.assertLessEqual(include_direction.ALLOWED[other], may, f"{name}/ by way of {other}/")

    def test_umbrellas_belong_to_their_folders(self):
        self.assertEqual(len(self.faults(testing=[], op__map=["leat/testing.hpp"])), 1)
        self.assertEqual(len(self.faults(picture=["leat/picture/dot.hpp"], picture__dot=[], run__main=["leat/picture.hpp"])), 1)

    def test_the_language_knows_no_folder(self):
        self.assertEqual(len(self.faults(op__map=[], flow=["leat/op/map.hpp"])), 1)
        self.assertEqual(len(self.faults(op__map=[], flow=["leat/x.hpp"], x=["leat/op/map.hpp"])), 1)

    def test_a_folder_that_is_in_no_table(self):
        self.assertEqual(len(self.faults(other__x=[])), 1)

    def test_the_table_is_what_is_checked(self):
        rows = "".join(f"| `{name}` | text | {', '.join(f'`{other}`' for other in sorted(may))} |\n"
                       for name, may in include_direction.ALLOWED.items())
        self.assertEqual(include_direction.check_table(rows), [])
        self.assertEqual(len(include_direction.check_table(rows.replace("| `route` | text | `op` |\n", ""))), 1)
        self.assertEqual(len(include_direction.check_table(rows.replace("| `from` | text | `op` |", "| `from` | text | `op`, `to` |"))), 1)

    def test_sources_and_sinks_know_no_route(self):
        self.assertEqual(len(self.faults(route__slot=[], **{"from__x": ["leat/route/slot.hpp"],
                                                            "to__x": ["leat/route/slot.hpp"]})), 2)

    def test_connectors_and_stores_know_the_runtime_and_nobody_knows_them(self):
        below = {"run__x": [], "to__x": [], "from__x": [], "state__x": []}
        self.assertEqual(self.faults(connect__y=["leat/run/x.hpp", "leat/to/x.hpp", "leat/from/x.hpp"],
                                     recovery__y=["leat/run/x.hpp", "leat/state/x.hpp"], **below), [])
        self.assertEqual(len(self.faults(to__z=["leat/connect/y.hpp"], run__z=["leat/recovery/y.hpp"])), 2)

    def test_the_umbrella(self):
        self.assertEqual(len(self.faults(leat=[], state__x=["leat/leat.hpp"])), 1)

    def test_a_header_that_does_not_exist(self):
        self.assertEqual(len(self.faults(state__x=["leat/state/y.hpp"])), 1)

    def test_one_header_for_asio_and_one_for_boost(self):
        self.assertEqual(self.faults(run__a=["asio/ip/tcp.hpp"], route__a=["boost/archive/x.hpp"]), [])
        self.assertEqual(len(self.faults(run__b=["asio.hpp"], route__b=["boost/archive/y.hpp"])), 2)
        self.assertEqual(len(self.faults(route__boost_text=["boost/archive/y.hpp"])), 2)

    def test_what_the_umbrella_may_not_cost(self):
        faults = self.faults(leat=["leat/op/x.hpp"], op__x=["leat/op/y.hpp"], op__y=["iostream", "vector"])
        self.assertEqual(len(faults), 1)
        self.assertIn("op/y.hpp:3: leat.hpp may not cost <iostream>", faults[0])

    def test_the_right_direction(self):
        self.assertEqual(self.faults(leat=["leat/run/run.hpp"], run__run=["leat/op/x.hpp", "leat/flow.hpp"], flow=[],
                                     op__x=["leat/flow.hpp", "leat/detail/b.hpp"], detail__b=["memory"]), [])


class HeaderShape(Tree):
    def test_finds_each_fault(self):
        for text in ("#pragma once\n", "// SPDX-License-Identifier: BSL-1.0\nint x;\n\n#pragma once\n", TOP + "\n" * 399,
                     TOP + "//" + "x" * 119 + "\n"):
            self.put("leat/x.hpp", text)
            self.assertNotEqual(header_shape.check(self.root), [])

    def test_lets_the_rest_be(self):
        self.put("leat/x.hpp", TOP + "\n" * 398)
        self.assertEqual(header_shape.check(self.root), [])

    def test_an_empty_tree_is_a_fault(self):
        self.assertNotEqual(header_shape.check(self.root), [])


class Bundles(Tree):
    def test_small_sources_share_a_bundle_and_those_at_global_scope_do_not(self):
        for name in ("a", "b", "d"):
            self.put(f"op/{name}.cpp", "#include <vector>\nnamespace {\nint helper() { return 1; }\n}\n")
        self.put("op/c.cpp", "#include <vector>\nnamespace leat {\nint helper() { return 1; }\n}\n")
        self.assertEqual(bundle.plan(Path(self.root)), {"op": [["op/a.cpp", "op/b.cpp"], ["op/c.cpp"], ["op/d.cpp"]]})

    def test_a_full_bundle_takes_no_more(self):
        self.put("op/a.cpp", "// " + "x" * bundle.FULL)
        self.put("op/b.cpp", "")
        self.put("op/c.cpp", "int c;\n")
        self.assertEqual(bundle.plan(Path(self.root)), {"op": [["op/a.cpp"], ["op/b.cpp", "op/c.cpp"]]})

    def test_each_source_has_a_namespace_and_keeps_its_lines(self):
        paths = []
        for name in ("a", "b"):
            self.put(f"op/{name}.cpp", f"#include <vector>\n#include <{name}>\nint helper;\n")
            paths.append(str(Path(self.root, "op", f"{name}.cpp")))
        joined = str(Path(self.root, "joined.cpp"))
        bundle.join(joined, paths)
        text = Path(joined).read_text()
        self.assertEqual(re.findall("#include .*", text), ["#include <vector>", "#include <a>", "#include <b>"])
        self.assertEqual(re.findall("namespace .*", text), ["namespace test_of_a {", "namespace test_of_b {"])
        lines = text.splitlines()
        for name in ("a", "b"):
            begin = lines.index(f'#line 1 "{os.path.relpath(Path(self.root, "op", name + ".cpp"))}"')
            self.assertEqual(lines[begin + 3], "int helper;")


@unittest.skipUnless(COMPILER, "there is no compiler")
class CompileOnce(Tree):
    """The compiler of the tests of packages."""

    def compile(self, *arguments):
        script = Path(__file__).parent.parent.resolve() / "package" / "compile_once.py"
        return subprocess.run([sys.executable, script, "objects", COMPILER, *arguments], cwd=self.root,
                              capture_output=True, text=True)

    def objects(self):
        return len(list(Path(self.root, "objects").glob("*.o")))

    def test_a_text_is_compiled_once_wherever_it_lies(self):
        for place in ("a", "b"):
            self.put(f"{place}/leat/f.hpp", TOP + "inline int f() { return 3; }\n")
            self.put(f"{place}/main.cpp", "#include <leat/f.hpp>\nint main() { return f(); }\n")
            done = self.compile("-I", place, "-O2", "-MD", "-MF", f"{place}.d", f"{place}/main.cpp", "-c", "-o", f"{place}.o")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"{place}/leat/f.hpp", Path(self.root, f"{place}.d").read_text())
        self.assertEqual(self.objects(), 1)
        for flags, count in (["-DNEW"], 1), (["-fno-inline"], 2):
            self.assertEqual(self.compile("-Ia", *flags, "a/main.cpp", "-o", "program").returncode, 0)
            self.assertEqual(subprocess.run([Path(self.root, "program")]).returncode, 3)
            self.assertEqual(self.objects(), count)

    def test_what_is_not_found_is_missed_although_it_was_compiled_before(self):
        self.put("a/leat/f.hpp", TOP)
        self.put("main.cpp", "#include <leat/f.hpp>\nint main() {}\n")
        self.assertEqual(self.compile("-Ia", "main.cpp", "-o", "program").returncode, 0)
        self.assertNotEqual(self.compile("main.cpp", "-o", "program").returncode, 0)
        self.put("a/leat/f.hpp", TOP + "int f = g;\n")
        self.assertNotEqual(self.compile("-Ia", "main.cpp", "-o", "program").returncode, 0)


@unittest.skipUnless(COMPILER, "there is no compiler")
class HeadersAlone(Tree):
    COMPILED = ["-DLEAT_COMPILED"]

    def test_finds_each_fault(self):
        self.put("leat/good.hpp", TOP + "inline int f() { return 1; }\n")
        self.put("leat/missing.hpp", TOP + "inline std::string g() { return {}; }\n")
        self.put("leat/twice.hpp", "inline int h() { return 1; }\n")
        self.put("leat/warns.hpp", TOP + "inline int k(long long n) { int m = n; return m; }\n")
        self.put("leat/missing.ipp", "")
        faults = headers_alone.check(self.root, COMPILER, None, self.COMPILED)
        self.assertEqual([fault.split()[0] for fault in faults], ["<leat/missing.hpp>", "<leat/twice.hpp>",
                                                                  "<leat/warns.hpp>"])
        faults = headers_alone.check(self.root, COMPILER)
        self.assertEqual([fault.split()[0] for fault in faults], ["<leat/missing.hpp>"])

    def test_nothing_is_hidden_by_what_is_precompiled(self):
        self.put("leat/heavy.hpp", TOP + "#include <string>\n")
        for number in range(6):
            self.put(f"leat/user_{number}.hpp", TOP + f"#include <leat/heavy.hpp>\ninline std::string f_{number}() {{ return {{}}; }}\n")
        self.put("leat/late.hpp", TOP + "inline std::string g() { return {}; }\n#include <leat/heavy.hpp>\n")
        self.put("leat/maybe.hpp", TOP + "#ifdef NEVER\n#include <leat/heavy.hpp>\n#endif\ninline std::string h() { return {}; }\n")
        behind = headers_alone.worth_precompiling(self.root, headers_alone.headers(self.root))
        self.assertEqual(behind, {f"leat/user_{number}.hpp": "leat/heavy.hpp" for number in range(6)})
        faults = headers_alone.check(self.root, COMPILER, None, self.COMPILED)
        self.assertEqual([fault.split()[0] for fault in faults], ["<leat/late.hpp>", "<leat/maybe.hpp>"])

    def test_a_remembered_success_is_of_the_same_text_only(self):
        cache = str(Path(self.root) / "cache")
        self.put("leat/inner.hpp", TOP + "inline int f() { return 1; }\n")
        self.put("leat/outer.hpp", TOP + "#include <leat/inner.hpp>\ninline int g() { return f(); }\n")
        for _ in range(2):
            self.assertEqual(headers_alone.check(self.root, COMPILER, cache, self.COMPILED), [])
        self.put("leat/inner.hpp", TOP)
        self.assertEqual(len(headers_alone.check(self.root, COMPILER, cache, self.COMPILED)), 1)


@unittest.skipUnless(COMPILER, "there is no compiler")
class Misuse(Tree):
    STEP = TOP + ("template <class T>\nvoid step(T) {\n  constexpr bool fits = sizeof(T) == 1;\n"
                  "  static_assert(fits, \"leat: step: the record must be small, and it is not\");\n}\n")
    EXPECT = "// SPDX-License-Identifier: BSL-1.0\n// expect: leat: step: the record must be small,\n// expect: and it is not\n"

    def faults(self, program):
        self.put("leat/step.hpp", self.STEP)
        faults, _ = misuse.check(self.root, COMPILER, self.put("wrong.cpp", program))
        return " / ".join(faults)

    def test_accepts_our_sentence(self):
        self.assertEqual(self.faults(self.EXPECT + "#include <leat/step.hpp>\nint main() { step(1); }\n"), "")

    def test_refuses_a_program_that_compiles(self):
        self.assertIn("compiles", self.faults(self.EXPECT + "#include <leat/step.hpp>\nint main() { step('1'); }\n"))

    def test_refuses_another_sentence(self):
        faults = self.faults("// expect: leat: other\n#include <leat/step.hpp>\nint main() { step(1); }\n")
        self.assertIn("no error says: leat: other", faults)

    def test_refuses_two_errors(self):
        faults = self.faults(self.EXPECT + "#include <leat/step.hpp>\nint main() { step(1); step(2L); }\n")
        self.assertIn("2 lines with `error:`", faults)

    def test_refuses_a_long_story(self):
        chain = "".join(f"template <class T>\nvoid f{n}(T t) {{ {'step' if n == 0 else f'f{n - 1}'}(t); }}\n"
                        for n in range(12))
        faults = self.faults(self.EXPECT + f"#include <leat/step.hpp>\n{chain}int main() {{ f11(1); }}\n")
        self.assertIn("lines besides the excerpts", faults)

    def test_refuses_a_file_without_a_sentence(self):
        self.assertIn("expect", self.faults("#include <leat/step.hpp>\n// expect: leat: x\nint main() { step(1); }\n"))

    def test_does_not_count_excerpts(self):
        output = ("In file included from a.cpp:1:\n"
                  "b.hpp: In instantiation of 'void step(T)':\n"
                  "a.cpp:3:18:   required from here\n"
                  "b.hpp:5:17: error: static assertion failed: leat: no\n"
                  "    5 |   static_assert(fits, \"leat: no\");\n"
                  "      |                 ^~~~\n") + "b.hpp:5:17: note: more\n" * 5
        self.assertEqual(misuse.judge("leat: no", 1, output), [])
        self.assertEqual(len(misuse.judge("leat: no", 1, output + "b.hpp:5:17: note: too many\n")), 1)


class Documentation(Tree):
    """The programs of the pages are one script here, which prints its name and its arguments."""

    def faults(self, page):
        self.put("docs/page.md", "```cpp hello.cpp\nint main() {\n}\n```\n" + page)
        program = Path(self.put("program", '#!/bin/sh\necho "${0##*/}"; printf "%s\\n" "$@"\n'))
        program.chmod(0o755)
        return docs_outputs.check(Path(self.root), program, False)

    def test_compares_what_is_shown(self):
        self.put("README.md", "")
        for page, faulty in (("```console\n$ ./hello b a\nhello\nb\na\n```\n", 0),
                             ("```console\n$ ./hello b a\nhello\na\nb\n```\n", 1),
                             ("```console any order\n$ ./hello b a\na\nhello\nb\n```\n", 0),
                             ("```console any order\n$ ./hello b a\na\nhello\n```\n", 1),
                             ("```console\n$ ./hello a >x\n$ cat x\nhello\na\n```\n", 0),
                             ("```console\n$ ./hello a\nhello\na\n\n```\n", 1)):
            with self.subTest(page):
                checked, faults = self.faults(page)
                self.assertEqual((checked, len(faults)), (page.count("$ "), faulty))

    def test_links_lead_somewhere(self):
        self.put("examples/a.cpp", "")
        self.put("docs/b.md", "# Heading: `-w`, twice?\n\n[a](../examples/a.cpp)\n" + "|" * 200 + "\n")
        for page, faulty in (("[b](docs/b.md#heading--w-twice)\n", 0), ("[b](docs/b.md#other)\n", 1), ("[c](docs/c.md) [b](docs/b.md)\n", 1),
                             ("no link\n", 2),
                             ("[b](docs/b.md)\n```\n[c](docs/c.md)\n```\n", 0)):
            with self.subTest(page):
                self.put("README.md", page)
                self.assertEqual(len(docs_pages.check(Path(self.root))), faulty, docs_pages.check(Path(self.root)))

    def test_what_is_kept_of_each_operator_is_told(self):
        self.put("README.md", "[a](docs/operators/README.md) [b](docs/recovery.md) [c](docs/operators/kinds.md)")
        self.put("docs/operators/kinds.md", "")
        self.put("docs/operators/README.md", "| [kinds](kinds.md) | `map filter`, `from::lines files`, `sleep` |\n")
        self.put("docs/recovery.md", "| `map`, `from::lines` | |\nand `filter`\n")
        self.assertEqual([fault.split("`")[1] for fault in docs_pages.check(Path(self.root))], ["filter", "files"])

    def test_wide_lines_are_told(self):
        self.put("README.md", "x" * 120 + "\n" + "x" * 121 + "\n|" + "x" * 130 + "\n```console\n" + "x" * 130 + "\n```\n")
        self.assertEqual(docs_pages.wide(Path(self.root)), ["README.md:2: 121 columns"])

    def test_programs_keep_their_lines(self):
        text = docs_programs.unit({"a": (None, 1, "#include <x>\nint f;\nint main() {\n}\n"),
                                   "b": (None, 1, "int main(int argc, char** argv) {\n}\n")})
        self.assertLess(text.index("program_b"), text.index("#include <x>"))
        self.assertIn('#line 1 "a.cpp"\n\nint f;\nint main_of_program() {', text)
        self.assertIn("program_a::main_of_program();", text)
        self.assertIn("program_b::main_of_program(argc, argv);", text)


class Reference(unittest.TestCase):
    """What Doxygen is given of a header."""

    def lines(self, text):
        copy = reference.Copy(text, "op")
        self.assertEqual(len(copy.lines), len(copy.origins))
        return [line for line in copy.lines if line and not line.startswith(("/// @", "namespace", "}  //"))]

    def test_leaves_out_what_is_no_interface(self):
        self.assertEqual(self.lines("namespace leat {\nnamespace detail {\nint f();\n}  // namespace detail\n\nint g();\n}  // namespace leat\n"),
                         ["int g();"])
        self.assertEqual(self.lines("namespace leat {\ntemplate <class F>\ndetail::name_comes_first f(F const&) {\n  return {};\n}\n}  // namespace leat"),
                         [])
        self.assertEqual(self.lines("namespace leat {\nclass x {\n public:\n  x(x const&) = delete;\n  x(x&& other) {}\n  int y() const;\n};\n}  // namespace leat"),
                         ["class x {", " public:", "  /// @private", "  x(x&& other) {}", "  int y() const;", "};"])

    def test_an_overload_has_the_text_of_the_function_above(self):
        self.assertEqual(self.lines("namespace leat {\n/// Text.\nint f(int);\nint f(char);\n\nint g();\n}  // namespace leat"),
                         ["/// Text.", "int f(int);", "/// Text.", "int f(char);", "int g();"])

    def test_names_nothing_of_detail(self):
        self.assertEqual(self.lines("namespace leat {\n/// Text.\ndetail::map_step<detail::x<F>> map(F f, detail::y z);\n}  // namespace leat")[1],
                         "unspecified map(F f, unspecified z);")


class Sources(Tree):
    def test_code_keeps_line_numbers(self):
        text = "a /* x\n y */ b // c\n\"d\\\"e\" f R\"x(g\n)h)x\" i 1'000 'j'\nk"
        self.assertEqual([line.split() for line in sources.code(text).splitlines()],
                         [["a"], ["b"], ["f"], ["i", "1'000"], ["k"]])

    def test_commented_includes_do_not_count(self):
        self.assertEqual(sources.includes("// #include <a>\n/*\n#include <b>\n*/\n# include <c>\n"), [(5, "c")])


class Examples(Tree):
    """A cluster of scripts, which announce where they listen as programs do."""

    # The first ends once the second has printed more than a pipe holds.
    MEMBER = f"#!{sys.executable}\n" + """import os, sys
number, announce, folder = sys.argv[2], sys.argv[4], sys.argv[5]
os.write(int(announce.removeprefix("--announce-fd=")), b"127.0.0.1:1\\n")
with open(f"{folder}/both", "rb" if number == "0" else "wb") as both:
    for to in (sys.stdout, sys.stderr):
        to.write(number * 200_000)
        to.flush()
    if number == "0":
        both.read()
"""

    def test_all_processes_of_a_cluster_are_read_at_once(self):
        program = Path(self.put("program", self.MEMBER))
        program.chmod(0o755)
        os.mkfifo(f"{self.root}/both")
        for call, wanted in (("run_cluster(2, {0!r})", "0" * 200_000 + "1" * 200_000),
                             ("end_all(start_cluster(2, {0!r}))", [(0, "0" * 200_000), (0, "1" * 200_000)])):
            with self.subTest(call):
                script = self.put("script.py", f"from example import *\nprint({call.format(self.root)} == {wanted!r})\n")
                done = subprocess.run([sys.executable, script, program], capture_output=True, text=True, timeout=20,
                                      env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)})
                self.assertEqual((done.stdout, done.stderr), ("True\n", ""))


class InEnvironment(Tree):
    def test_what_cannot_be_installed_is_a_reason_to_skip(self):
        script = self.put("script.py", "print('it ran')\n")
        runs = [sys.executable, str(Path(__file__).parent / "in_environment.py"), f"{self.root}/environment"]
        environment = {**os.environ, "PIP_NO_INDEX": "1"}
        done = subprocess.run([*runs, "no-such-package==1.0", script], capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 77, done.stderr)
        self.assertRegex(done.stdout, "^skipped: no-such-package==1.0 cannot be installed: .*no-such-package")
        has = subprocess.run([f"{self.root}/environment/bin/python", "-c",
                              "import importlib.metadata as found; print(found.version('pip'))"],
                             capture_output=True, text=True, check=True).stdout.strip()
        done = subprocess.run([*runs, f"pip=={has}", script], capture_output=True, text=True, env=environment)
        self.assertEqual((done.returncode, done.stdout), (0, "it ran\n"))


class Summary(unittest.TestCase):
    LINE = "[doctest] test cases: {} | {} passed | {} failed | 0 skipped\n"

    def test_counts(self):
        for given, counted in ((("OK", 0, ""), (1, 0, 0)), (("FAIL", 1, ""), (0, 1, 0)), (("SKIP", 77, "no"), (0, 0, 1)),
                               (("TIMEOUT", -9, ""), (0, 1, 0)),
                               (("OK", 0, self.LINE.format(7, 7, 0)), (7, 0, 0)),
                               (("FAIL", 1, self.LINE.format(7, 5, 2)), (5, 2, 0)),
                               (("FAIL", 1, self.LINE.format(7, 7, 0)), (7, 1, 0)),
                               (("ERROR", 99, self.LINE.format(7, 7, 0)), (7, 1, 0)),
                               (("OK", 0, self.LINE.format(0, 0, 0)), (0, 1, 0))):
            with self.subTest(given):
                self.assertEqual(summary.count(*given), counted)

    def test_chooses(self):
        tests = [{"name": "route-codec", "suite": ["leat:unit"]}, {"name": "op", "suite": ["leat:unit"]},
                 {"name": "misuse-op-gcc", "suite": ["leat:misuse"]}]
        self.assertEqual([test["name"] for test in summary.wanted(tests, ["unit"], ["route"])], ["route-codec"])
        self.assertEqual([test["name"] for test in summary.wanted(tests, [], ["misuse"])], ["misuse-op-gcc"])
        self.assertEqual(len(list(summary.wanted(tests, [], []))), 3)


if __name__ == "__main__":
    unittest.main(verbosity=1)
