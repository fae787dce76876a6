"""The file of `meterflow score` as lines: encoding, delimiter and header. Values are not looked at here.

A row is a line: a quote that nobody closed spoils its own row and no other. Lines with nothing on them are no rows.
"""

import codecs
import csv
import io
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

STDIN = "-"
DELIMITERS = ",;\t|"
_START = 65536
# What other people's files begin with, and what to do about it.
_NOT_TEXT = (
    (b"PK\x03\x04", "is a zip archive or a spreadsheet; try: unzip -p {name} | meterflow score KIND -"),
    (b"\x1f\x8b", "is compressed; try: gzip -dc {name} | meterflow score KIND -"),
)


class WrongFile(ValueError):
    """The file cannot be scored as it is; the text is one line that says why."""


class Table:
    """A delimited file with a header. Read as often as asked; never held in memory as a whole."""

    def __init__(self, name: str) -> None:
        """Open `name`, or the standard input for `-`. Raises OSError or WrongFile."""
        self.name = name
        self._file = _seekable(name)
        try:
            self._encoding = self._checked(self._file.read(_START))
            first = next(self._lines(), "")
            self.delimiter = _delimiter(first)
            self.header = [cell.strip() for cell in self.cells(first)]
        except BaseException:
            self.close()
            raise

    def rows(self) -> Iterator[tuple[int, str]]:
        """Every data row's number, from 1, and its line, from the beginning."""
        lines = self._lines()
        next(lines, None)
        yield from enumerate(lines, start=1)

    def cells(self, line: str) -> list[str]:
        """The cells of a line as they stand there. Raises ValueError for quotes that do not fit."""
        if '"' not in line:
            return line.split(self.delimiter)
        try:
            cells: list[str] = next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            raise ValueError("its quotes do not fit") from None
        return cells

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _checked(self, start: bytes) -> str:
        """The encoding of a file that begins so. Raises WrongFile for what is no text."""
        if not start.strip():
            raise WrongFile(f"{self.name}: the file is empty")
        for magic, advice in _NOT_TEXT:
            if start.startswith(magic):
                raise WrongFile(f"{self.name}: " + advice.format(name=self.name))
        encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        if encoding == "utf-8-sig" and b"\0" in start:
            raise WrongFile(f"{self.name}: holds binary data and is no CSV file")
        return encoding

    def _lines(self) -> Iterator[str]:
        self._file.seek(0)
        # Bytes that are not of the encoding stay told apart: two ids must never become one.
        text = io.TextIOWrapper(self._file, encoding=self._encoding, errors="backslashreplace", newline=None)
        try:
            for line in text:
                stripped = line.rstrip("\n")
                if stripped and not stripped.isspace():
                    yield stripped
        finally:
            text.detach()


def _seekable(name: str) -> BinaryIO:
    """`name` opened for several readings. What cannot be read twice (a pipe) is kept in a temporary file."""
    if name == STDIN:
        return _kept(sys.stdin.buffer)
    file = open(name, "rb")  # noqa: SIM115 (the table closes it)
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    with file:
        return _kept(file)


def _kept(source: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (the table closes it)
    shutil.copyfileobj(source, copy, 1 << 20)
    copy.seek(0)
    return copy


def _delimiter(header: str) -> str:
    """The delimiter that the header has most of, outside quotes; a comma where it has none."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
