# SPDX-License-Identifier: BSL-1.0
"""Values of Python from the bytes of leat's codec, and back, by the description of a type that a program sends.

    reading = codec.of("T(S(c1) f8)")                 # std::pair<std::string, double>
    reading.decode(reading.encode(("disk", 0.5)))     # ("disk", 0.5)

| described as | in C++ | in Python |
| i1 i2 i4 i8, u1 u2 u4 u8 | numbers, enumerations | int |
| f4 f8 | float, double | float |
| z1, c1 | bool, char | bool, str of one character |
| S(...) | std::string and its kin | str; bytes that are no UTF-8 become surrogates, and bytes again on the way back |
| V(...), K(...), A3(...) | vector, set, array | list; V(u1) and A3(u1) are bytes |
| M(T(...)) | map | dict |
| T(...), {...} | pair, tuple; a struct | tuple |
| O(...), N() | optional, monostate | None, or the value |
| X(...) | variant | (number of the alternative, value) |
| D1/1000(...), I(...) | duration, time point | the number of its ticks |
"""
from __future__ import annotations

import functools
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

#: How deep values may lie inside each other, as leat bounds it.
DEEPEST = 64
_MOST_OF_AN_ARRAY = 1 << 24

_NUMBERS = {"i1": "<b", "i2": "<h", "i4": "<i", "i8": "<q", "u1": "<B", "u2": "<H", "u4": "<I", "u8": "<Q", "f4": "<f",
            "f8": "<d"}
_COUNT = struct.Struct("<I")
_TOKEN = re.compile(r" ?([A-Z])(\d*)(?:/(\d+))?\(| ?(\{)| ?\^(\d+)| ?([iufzc]\d)|([)}])")
_UTF = {"c1": "utf-8", "u1": "utf-8", "u2": "utf-16-le", "u4": "utf-32-le", "i4": "utf-32-le"}


class CodecError(ValueError):
    """Bytes that are no such value, a value that is not of the type, or a type that Python cannot be given."""


class _Type:
    """How one type is read and written. `least` is the fewest bytes that a value takes: 0 for what may write none, which
    has a byte in its place where it is an element."""

    def __init__(self, text: str, least: int) -> None:
        self.text = text
        self.least = least

    def read(self, source: _Source, depth: int) -> Any:
        raise NotImplementedError

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        raise NotImplementedError

    def refuse(self, value: Any) -> CodecError:
        shown = repr(value)
        return CodecError(f"{shown if len(shown) <= 100 else shown[:97] + '...'} is no {self.text}")


class _Source:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise CodecError(f"{count} bytes are to follow, and {len(self.data) - self.at} are left")
        taken = self.data[self.at:end]
        self.at = end
        return taken

    def count(self, least: int) -> int:
        count = _COUNT.unpack(self.take(4))[0]
        if count * max(least, 1) > len(self.data) - self.at:
            raise CodecError(f"{count} elements cannot be in the {len(self.data) - self.at} bytes that are left")
        return count


class _Number(_Type):
    def __init__(self, text: str) -> None:
        self._packed = struct.Struct(_NUMBERS[text])
        self._whole = text[0] != "f"
        super().__init__(text, self._packed.size)

    def read(self, source: _Source, depth: int) -> Any:
        return self._packed.unpack(source.take(self._packed.size))[0]

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        try:
            to += self._packed.pack(value.__index__() if self._whole else value)
        except (struct.error, OverflowError, AttributeError, TypeError):
            raise self.refuse(value) from None


class _Bool(_Type):
    def __init__(self) -> None:
        super().__init__("z1", 1)

    def read(self, source: _Source, depth: int) -> bool:
        byte = source.take(1)[0]
        if byte > 1:
            raise CodecError(f"a bool is 0 or 1, not {byte}")
        return byte == 1

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        if value not in (True, False):
            raise self.refuse(value)
        to.append(1 if value else 0)


class _Character(_Type):
    def __init__(self) -> None:
        super().__init__("c1", 1)

    def read(self, source: _Source, depth: int) -> str:
        return source.take(1).decode("utf-8", "surrogateescape")

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        encoded = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else b""
        if len(encoded) != 1:
            raise self.refuse(value)
        to += encoded


class _Text(_Type):
    def __init__(self, text: str, unit: str) -> None:
        if unit not in _UTF:
            raise CodecError(f"{text} is no text that Python knows")
        super().__init__(text, 4)
        self._width = int(unit[1])
        self._encoding = _UTF[unit]
        self._errors = "surrogateescape" if self._width == 1 else "surrogatepass"

    def read(self, source: _Source, depth: int) -> str:
        return source.take(source.count(self._width) * self._width).decode(self._encoding, self._errors)

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        if isinstance(value, (bytes, bytearray)) and self._width == 1:
            encoded = bytes(value)
        elif isinstance(value, str):
            encoded = value.encode(self._encoding, self._errors)
        else:
            raise self.refuse(value)
        to += _COUNT.pack(len(encoded) // self._width) + encoded


class _Elements(_Type):
    """A sequence, a set or a map; of a fixed number of elements where one is given."""

    def __init__(self, text: str, of: _Type, number: int | None, make: Callable[[list[Any]], Any]) -> None:
        super().__init__(text, 4 if number is None else number * of.least)
        self._of = of
        self._number = number
        self._make = make

    def read(self, source: _Source, depth: int) -> Any:
        of = self._of
        count = source.count(of.least) if self._number is None else self._number
        if of.text == "u1" and self._make is list:
            return source.take(count)
        values = []
        for _ in range(count):
            before = source.at
            values.append(of.read(source, depth))
            if source.at == before and self._number is None:
                source.take(1)
        return self._make(values)

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        if isinstance(value, dict):
            value = list(value.items())
        if isinstance(value, str):
            raise self.refuse(value)
        try:
            values: Sequence[Any] = list(value)
        except TypeError:
            raise self.refuse(value) from None
        if self._number is None:
            to += _COUNT.pack(len(values))
        elif self._number != len(values):
            raise self.refuse(value)
        for each in values:
            before = len(to)
            self._of.write(each, to, depth)
            if len(to) == before and self._number is None:
                to.append(0)


class _Parts(_Type):
    """A pair, a tuple, or, in braces, a type of the program's own, which counts as one more level."""

    def __init__(self, text: str, parts: list[_Type]) -> None:
        self._levels = 1 if text.startswith("{") else 0
        super().__init__(text, 0 if self._levels else sum(part.least for part in parts))
        self.parts = parts

    def read(self, source: _Source, depth: int) -> tuple[Any, ...]:
        depth = _deeper(depth, self._levels)
        return tuple([part.read(source, depth) for part in self.parts])

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        depth = _deeper(depth, self._levels)
        if not isinstance(value, (tuple, list)) or len(value) != len(self.parts):
            raise self.refuse(value)
        for part, each in zip(self.parts, value):
            part.write(each, to, depth)


class _Optional(_Type):
    def __init__(self, text: str, of: _Type) -> None:
        super().__init__(text, 1)
        self._of = of

    def read(self, source: _Source, depth: int) -> Any:
        return self._of.read(source, depth) if _BOOL.read(source, depth) else None

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        to.append(0 if value is None else 1)
        if value is not None:
            self._of.write(value, to, depth)


class _Nothing(_Type):
    def __init__(self) -> None:
        super().__init__("N()", 0)

    def read(self, source: _Source, depth: int) -> None:
        return None

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        if value is not None:
            raise self.refuse(value)


class _Variant(_Type):
    def __init__(self, text: str, parts: list[_Type]) -> None:
        super().__init__(text, 1)
        self._parts = parts

    def read(self, source: _Source, depth: int) -> tuple[int, Any]:
        number = source.take(1)[0]
        if number >= len(self._parts):
            raise CodecError(f"alternative {number} of {self.text}, which has {len(self._parts)}")
        return number, self._parts[number].read(source, depth)

    def write(self, value: Any, to: bytearray, depth: int) -> None:
        if not isinstance(value, tuple) or len(value) != 2 or value[0] not in range(len(self._parts)):
            raise self.refuse(value)
        to.append(value[0])
        self._parts[value[0]].write(value[1], to, depth)


_BOOL = _Bool()


def _deeper(depth: int, levels: int) -> int:
    if depth + levels > DEEPEST:
        raise CodecError(f"values lie more than {DEEPEST} deep inside each other")
    return depth + levels


class Codec:
    """Of one type."""

    def __init__(self, of: _Type) -> None:
        self._of = of

    def encode(self, value: Any) -> bytes:
        to = bytearray()
        self._of.write(value, to, 0)
        return bytes(to)

    def decode(self, data: bytes) -> Any:
        source = _Source(data)
        value = self._of.read(source, 0)
        if source.at != len(data):
            raise CodecError(f"{len(data) - source.at} bytes are left behind a {self._of.text}")
        return value


class _Reader:
    """Of a description, which may come from a liar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._inside: list[_Parts] = []

    def whole(self) -> _Type:
        of = self._next(0)
        if isinstance(of, str) or self._at != len(self._text):
            raise self._refusal()
        return of

    def _refusal(self) -> CodecError:
        return CodecError(f"the type {self._text[:200]} cannot be given to Python: it has a part that leat does not describe")

    def _next(self, depth: int) -> _Type | str:
        """The type that begins here, or the bracket that closes what is around it."""
        found = _TOKEN.match(self._text, self._at)
        if not found or depth > DEEPEST:
            raise self._refusal()
        begin = found.end() - len(found[0].lstrip())
        self._at = found.end()
        letter, number, brace, back, scalar, closing = found[1], found[2], found[4], found[5], found[6], found[7]
        if closing:
            return closing
        if scalar:
            return _BOOL if scalar == "z1" else _Character() if scalar == "c1" else self._number(scalar)
        if back:
            if not 0 < int(back) <= len(self._inside):
                raise self._refusal()
            return self._inside[-int(back)]
        if brace:
            own = _Parts("{", [])
            self._inside.append(own)
            own.parts = self._parts("}", depth)
            own.text = self._text[begin:self._at]
            self._inside.pop()
            return own
        return self._standard(letter, int(number) if number else None, self._parts(")", depth), self._text[begin:self._at])

    def _number(self, text: str) -> _Type:
        if text not in _NUMBERS:
            raise self._refusal()
        return _Number(text)

    def _parts(self, closing: str, depth: int) -> list[_Type]:
        parts: list[_Type] = []
        while not isinstance(part := self._next(depth + 1), str):
            parts.append(part)
        if part != closing:
            raise self._refusal()
        return parts

    def _standard(self, letter: str, number: int | None, parts: list[_Type], text: str) -> _Type:
        if letter == "T":
            return _Parts(text, parts)
        if letter == "X":
            return _Variant(text, parts)
        if letter == "N" and not parts:
            return _Nothing()
        if len(parts) != 1:
            raise self._refusal()
        if letter == "S":
            return _Text(text, parts[0].text)
        if letter in "VK":
            return _Elements(text, parts[0], None, list)
        if letter == "A" and number is not None and number <= _MOST_OF_AN_ARRAY:
            return _Elements(text, parts[0], number, list)
        if letter == "M":
            return _Elements(text, parts[0], None, dict)
        if letter == "O":
            return _Optional(text, parts[0])
        if letter in "DI":
            return parts[0]
        raise self._refusal()


@functools.lru_cache(maxsize=256)
def of(description: str) -> Codec:
    """Raises CodecError where values of the type cannot be values of Python."""
    # How flat records lie in memory concerns whole batches of them only.
    return Codec(_Reader(description.split(" in memory", 1)[0]).whole())
