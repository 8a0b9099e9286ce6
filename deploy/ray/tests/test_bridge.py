# SPDX-License-Identifier: BSL-1.0
"""The bridge without Ray: values by the codec, what a program may and may not say, and a real flow. LEAT_EXAMPLES names
the folder of the examples."""
import asyncio
import hashlib
import hmac
import os
import pathlib
import socket
import struct
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))
import leat_ray  # noqa: E402
from leat_ray import codec  # noqa: E402

EXAMPLES = os.environ.get("LEAT_EXAMPLES")
MAGIC = b"leat bridge 1\n\n\n"
RESULT, FAILED, UNAVAILABLE = 3, 4, 5


class Program:
    """What a program says to a bridge, by hand."""

    def __init__(self, where, secret=None):
        kind = socket.AF_UNIX if where.address.startswith("unix:") else socket.AF_INET
        self.socket = socket.socket(kind)
        self.socket.settimeout(30)
        host, _, port = where.address.rpartition(":")
        self.socket.connect(where.address[5:] if kind == socket.AF_UNIX else (host, int(port)))
        self.secret = (secret or where.secret).encode()
        self.written = self.read = 0
        self.both = b""

    def derived(self, label):
        return hmac.digest(self.secret, label.ljust(32, b"\0") + self.both, hashlib.sha256)

    def greet(self, own=b"r" * 32):
        self.socket.sendall(MAGIC + own)
        hello = self.receive(48)
        self.both = own + hello[16:]
        self.socket.sendall(self.derived(b"leat bridge who asks proves"))
        if self.receive(1) != b"\1":
            return False
        return self.receive(32) == self.derived(b"leat bridge who answers proves")

    def receive(self, count):
        got = b""
        while len(got) < count and (more := self.socket.recv(count - len(got))):
            got += more
        return got

    def say(self, number, kind, body, seal=None):
        header = struct.pack("<IQB", len(body), number, kind)
        covered = struct.pack("<Q", self.written) + header + body
        self.socket.sendall(header + body + (seal or hmac.digest(self.derived(b"leat bridge calls"), covered, "sha256")[:16]))
        self.written += 1

    def define(self, number, name, takes, gives):
        self.say(number, 1, "\n".join((name, takes, gives)).encode())

    def call(self, number, function, argument):
        self.say(number, 2, struct.pack("<I", function) + argument)

    def reply(self):
        """(number, kind, body), or None once the bridge has closed."""
        header = self.receive(13)
        if len(header) < 13:
            return None
        size, number, kind = struct.unpack("<IQB", header)
        body, seal = self.receive(size), self.receive(16)
        covered = struct.pack("<Q", self.read) + header + body
        assert seal == hmac.digest(self.derived(b"leat bridge replies"), covered, "sha256")[:16]
        self.read += 1
        return number, kind, body


class Codec(unittest.TestCase):
    VALUES = [
        ("T(S(c1) f8)", ("disk", 0.5)), ("{i4 V(^1)}", (1, [(2, []), (3, [])])), ("M(T(S(c1) V(f8)))", {"a": [1.0, 2.0]}),
        ("X(N() i4 {S(c1) i4})", (2, ("x", 3))), ("X(N() i4)", (0, None)), ("A3(S(c1))", ["q", "", "é"]),
        ("D1/1000(i8)", 5), ("I(D1/1000(i8))", -7), ("V(u1)", b"abc"), ("O(z1)", None), ("O(z1)", True),
        ("S(u2)", "h\u00e9\U0001f600"), ("V(N())", [None, None]), ("{f8 u8} in memory {u8 f8}", (1.5, 2)), ("K(i4)", [1, 2]),
        ("S(c1)", "\udcff\udcfe"), ("V({})", [(), ()]), ("c1", "x"), ("T(i1 u8 f4)", (-128, 2**64 - 1, 0.25)),
    ]

    def test_values_come_back_as_they_went(self):
        for described, value in self.VALUES:
            with self.subTest(described):
                of = codec.of(described)
                self.assertEqual(of.decode(of.encode(value)), value)

    def test_bytes_are_those_of_leat(self):
        self.assertEqual(codec.of("T(S(c1) f8 O(i4))").encode(("ab", 1.0, 7)),
                         b"\2\0\0\0ab" + struct.pack("<d", 1.0) + b"\1\7\0\0\0")
        self.assertEqual(codec.of("V(N())").encode([None, None]), b"\2\0\0\0\0\0")

    def test_bytes_that_are_cut_short_changed_or_too_many(self):
        for described, value in self.VALUES:
            of = codec.of(described)
            whole = of.encode(value)
            for cut in range(len(whole)):
                with self.subTest(described, cut=cut), self.assertRaises(codec.CodecError):
                    of.decode(whole[:cut])
            with self.subTest(described), self.assertRaises(codec.CodecError):
                of.decode(whole + b"\0")
            for at in range(len(whole)):  # any value, or a CodecError
                changed = whole[:at] + bytes([whole[at] ^ 0xff]) + whole[at + 1:]
                try:
                    of.decode(changed)
                except codec.CodecError:
                    pass

    def test_nesting_is_bounded(self):
        value = (1, [])
        for _ in range(100):
            value = (1, [value])
        with self.assertRaisesRegex(codec.CodecError, "64 deep"):
            codec.of("{i4 V(^1)}").encode(value)
        with self.assertRaises(codec.CodecError):
            codec.of("{i4 V(^1)}").decode(b"\0\0\0\0\1\0\0\0" * 1000)

    def test_types_that_python_cannot_be_given(self):
        for described in ("?4", "T(i4 {i4 ...", "Q(i4)", "T(i4", "^1", "f2", "T(i4))", "V()", "", "b7", "(" * 1000, "A(i4)",
                          "T(" * 1000, "A99999999999(N())", "S(f8)", "V(i4 i4)"):
            with self.subTest(described), self.assertRaisesRegex(codec.CodecError, "cannot be given to Python|no text"):
                codec.of(described)

    def test_values_that_are_not_of_the_type(self):
        for described, value in (("i4", "x"), ("i4", 1 << 40), ("i4", 1.5), ("T(i4 i4)", (1,)), ("f8", "a"), ("z1", 3),
                                 ("V(i4)", "ab"), ("S(c1)", 3), ("X(i4)", (1, 1)), ("c1", "xy"), ("A2(i4)", [1]), ("N()", 0)):
            with self.subTest(described), self.assertRaisesRegex(codec.CodecError, "is no "):
                codec.of(described).encode(value)


class ABridge(unittest.TestCase):
    def bridge(self, functions, **more):
        bridge = leat_ray.Bridge(functions, **more)
        self.addCleanup(bridge.close)
        return bridge

    def program(self, bridge, takes="i4", gives="i4", name="f"):
        program = Program(bridge.where)
        self.addCleanup(program.socket.close)
        self.assertTrue(program.greet())
        program.define(0, name, takes, gives)
        return program

    def test_functions_and_coroutines(self):
        async def later(x):
            await asyncio.sleep(0)
            return x + 1

        for function in (lambda x: x + 1, later):
            program = self.program(self.bridge({"f": function}))
            program.call(5, 0, struct.pack("<i", 41))
            self.assertEqual(program.reply(), (5, RESULT, struct.pack("<i", 42)))

    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            bridge = self.bridge({"f": lambda x: -x}, listen=f"unix:{folder}/bridge")
            program = self.program(bridge)
            program.call(5, 0, struct.pack("<i", 1))
            self.assertEqual(program.reply(), (5, RESULT, struct.pack("<i", -1)))
            bridge.close()
            self.assertEqual(os.listdir(folder), [])

    def test_what_fails_is_said_to_who_asked(self):
        def odd(x):
            raise ValueError("odd")

        functions = {"odd": odd, "text": lambda x: "a", "many": lambda x: "x" * (17 << 20)}
        for name, gives, sentence in (("odd", "i4", "odd raised ValueError: odd"),
                                      ("text", "i4", "text returned what the flow does not expect: 'a' is no i4"),
                                      ("many", "S(c1)", "the result has 17825796 bytes, and 16777216 is the most"),
                                      ("gone", "i4", "the bridge has no function 'gone': it has many, odd, text"),
                                      ("odd", "?9", "odd: the type ?9 cannot be given to Python: it has a part that leat "
                                                    "does not describe")):
            program = self.program(self.bridge(functions), gives=gives, name=name)
            program.call(1, 0, b"\0\0\0\0")
            self.assertEqual(program.reply(), (1, FAILED, sentence.encode()))
            program.call(2, 0, b"\0")
            self.assertEqual(program.reply()[1], FAILED)

    def test_whatever_a_function_does_its_call_is_answered_and_the_next_one_too(self):
        class Odd(Exception):
            def __str__(self):
                raise ValueError

        def raises(what):
            def function(x):
                raise what
            return function

        for function, gives in ((raises(SystemExit(3)), "i4"), (raises(StopIteration()), "i4"), (raises(Odd()), "i4"),
                                (lambda x: "\ud800", "S(c1)")):
            program = self.program(self.bridge({"f": function}), gives=gives)
            for number in (1, 2):
                program.call(number, 0, b"\0\0\0\0")
                self.assertEqual(program.reply()[:2], (number, FAILED))

    def test_who_does_not_know_the_secret_is_told_no_more_than_that(self):
        program = Program(self.bridge({}).where, secret="another secret of mine")
        self.addCleanup(program.socket.close)
        self.assertFalse(program.greet())
        self.assertEqual(program.receive(1), b"")

    def test_words_of_a_stranger(self):
        bridge = self.bridge({"f": lambda x: x})
        for said in (b"GET / HTTP/1.1\r\n\r\n" + b" " * 48, b"x" * 1000):
            program = Program(bridge.where)
            self.addCleanup(program.socket.close)
            program.socket.sendall(said)
            try:
                self.assertEqual(program.receive(1), b"")
            except ConnectionResetError:
                pass

    def test_what_follows_no_protocol_ends_the_connection_and_no_other(self):
        bridge = self.bridge({"f": lambda x: x})
        good = self.program(bridge)
        misdeeds = (lambda p: p.say(1, 2, b"\0\0\0\0" + b"\0" * 4, seal=b"0" * 16),  # not sealed by its key
                    lambda p: p.call(1, 7, b""),  # a function that was not defined
                    lambda p: p.say(1, 9, b""),  # of no kind
                    lambda p: p.say(1, 2, b"\0"),  # too short
                    lambda p: p.socket.sendall(struct.pack("<IQB", (16 << 20) + 1, 1, 2)))
        for misdeed in misdeeds:
            program = self.program(bridge)
            misdeed(program)
            self.assertIsNone(program.reply())
        good.call(1, 0, b"\1\0\0\0")
        self.assertEqual(good.reply(), (1, RESULT, b"\1\0\0\0"))

    def test_a_frame_that_is_said_again_is_refused(self):
        program = self.program(self.bridge({"f": lambda x: x}))
        program.call(1, 0, b"\0\0\0\0")
        self.assertEqual(program.reply(), (1, RESULT, b"\0\0\0\0"))
        program.written -= 1  # the same number once more, as who repeats what he has heard would
        program.call(1, 0, b"\0\0\0\0")
        self.assertIsNone(program.reply())

    def test_strangers_at_the_door_make_room(self):
        bridge = self.bridge({"f": lambda x: x})
        silent = [Program(bridge.where) for _ in range(40)]
        for each in silent:
            self.addCleanup(each.socket.close)
        self.program(bridge)  # gets in
        self.assertEqual(silent[0].receive(1), b"")

    def test_so_many_calls_are_under_way_and_no_more(self):
        under_way, most, go_on = 0, 0, threading.Event()
        loop_counts = []

        async def counted(x):
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            if x == 2:
                loop_counts.append(under_way)
                go_on.set()
            while not go_on.is_set():
                await asyncio.sleep(0)
            under_way -= 1
            return x

        program = self.program(self.bridge({"f": counted}, at_once=3))
        for number in range(20):
            program.call(number, 0, struct.pack("<i", number))
        self.assertEqual(sorted(program.reply()[0] for _ in range(20)), list(range(20)))
        self.assertEqual((most, loop_counts), (3, [3]))

    def test_one_thread_calls_a_function_unless_more_are_given(self):
        threads = set()
        program = self.program(self.bridge({"f": lambda x: threads.add(threading.get_ident()) or x}))
        for number in range(20):
            program.call(number, 0, b"\0\0\0\0")
        self.assertEqual({program.reply()[1] for _ in range(20)}, {RESULT})
        self.assertEqual(len(threads), 1)

    def test_mistakes_are_said(self):
        with self.assertRaisesRegex(ValueError, "16 characters"):
            leat_ray.Bridge({}, secret="short")
        with self.assertRaises(OSError):
            leat_ray.Bridge({}, listen="unix:/nonexistent/bridge")
        self.assertNotIn("0123456789abcdef", repr(leat_ray.BridgeAddress("localhost:1", "0123456789abcdef")))


@unittest.skipUnless(EXAMPLES, "LEAT_EXAMPLES does not name the folder of the examples")
class AFlow(unittest.TestCase):
    def lines(self, function, *arguments, procs=2, bridge=None):
        lines = []
        with bridge or leat_ray.Bridge({"score": function}) as bridge:
            result = leat_ray.run([f"{EXAMPLES}/ask_a_model", *arguments], procs=procs, backend="local", bridge=bridge,
                                  on_line=lambda process, name, line: name == "stdout" and lines.append(line.decode()))
        self.assertEqual(result.status, 0, result.last_lines)
        return sorted(lines)

    def test_two_processes_ask_a_function(self):
        def score(reading):
            metric, value = reading
            if value == 0.3:
                raise ValueError("odd")
            return None if metric == "load" else 2 * value

        self.assertEqual(self.lines(score, "5"),
                         ["disk 0.2: 0.4", "disk 0.4: 0.8", "disk 0: 0", "load 0.1: no opinion",
                          "load 0.3: failed: score raised ValueError: odd"])

    def test_a_function_that_the_bridge_has_not(self):
        lines = self.lines(None, "2", bridge=leat_ray.Bridge({"other": None}))
        self.assertEqual([line.split(": ", 1)[1] for line in lines],
                         ["failed: the bridge has no function 'score': it has other"] * 2)


if __name__ == "__main__":
    unittest.main()
