"""Get uv into `.local/tools/uv` on a machine that has Python and nothing else.

Standard library only, because it runs before anything is installed. Where the machine has pip, pip fetches the wheel
(and so follows the machine's own index settings); a bare Debian has none, and the wheel comes straight from PyPI.
Either way its SHA-256 must be one of those in `requirements-uv.txt`, which lies beside this file.
"""

import glob
import hashlib
import html.parser
import http.client
import os
import platform
import re
import stat
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PINS = os.path.join(HERE, "requirements-uv.txt")
TARGET = os.path.join(os.path.dirname(HERE), ".local", "tools", "uv")
INDEX = "https://pypi.org/simple/uv/"


def pinned():
    """The version of uv and the SHA-256 sums of its files, as `make lock` wrote them."""
    with open(PINS, encoding="ascii") as file:
        text = file.read()
    return re.search(r"uv==(\S+)", text).group(1), set(re.findall(r"sha256:([0-9a-f]{64})", text))


def platform_tag():
    """How wheels name this platform: the system's family and the machine."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return "macosx", {"aarch64": "arm64", "amd64": "x86_64"}.get(machine, machine)
    return "manylinux", {"arm64": "aarch64", "amd64": "x86_64"}.get(machine, machine)


class Links(html.parser.HTMLParser):
    """The addresses that an index page links to."""

    def __init__(self):
        """Begin with none."""
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        """Keep where a link leads, without the fragment."""
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.found.append(urllib.parse.urldefrag(address).url)


def choose(page, version, family, machine):
    """The address of the wheel of `version` for this platform among an index page's links, or None."""
    links = Links()
    links.feed(page)
    for address in links.found:
        name = urllib.parse.unquote(address.rpartition("/")[2])
        parts = name.removesuffix(".whl").split("-")
        if not name.endswith(".whl") or len(parts) != 5 or parts[1] != version:
            continue
        # One wheel may carry several tags, as in manylinux_2_17_x86_64.manylinux2014_x86_64.
        if any(tag.startswith(family) and tag.endswith("_" + machine) for tag in parts[4].split(".")):
            return urllib.parse.urljoin(INDEX, address)
    return None


def from_pip(folder):
    """Let pip fetch the wheel into `folder`; None where this Python has no pip, or pip finds none."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    done = subprocess.run(
        [*command, "-d", folder, "-r", PINS], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    found = glob.glob(os.path.join(folder, "uv-*.whl"))
    return found[0] if done.returncode == 0 and found else None


def from_pypi(folder):
    """Fetch the wheel of this platform from PyPI into `folder`."""
    version, _sums = pinned()
    family, machine = platform_tag()
    with urllib.request.urlopen(INDEX, timeout=60) as answer:
        address = choose(answer.read().decode(), version, family, machine)
    if address is None:
        raise SystemExit(f"bootstrap: PyPI has no uv {version} for {sys.platform} {machine}")
    path = os.path.join(folder, address.rpartition("/")[2])
    with urllib.request.urlopen(address, timeout=300) as answer, open(path, "wb") as out:
        out.write(answer.read())
    return path


def check(wheel):
    """Raise SystemExit where `wheel` is none of the pinned files."""
    with open(wheel, "rb") as file:
        if hashlib.sha256(file.read()).hexdigest() not in pinned()[1]:
            raise SystemExit(f"bootstrap: {os.path.basename(wheel)} is not the file that {PINS} names")


def install(wheel):
    """Put the uv binary of `wheel` in its place, whole or not at all: make takes its presence for a finished step."""
    binary = os.path.join(TARGET, "uv")
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        with open(binary + ".part", "wb") as out:
            out.write(archive.read(member))
    os.chmod(binary + ".part", os.stat(binary + ".part").st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    os.replace(binary + ".part", binary)


def main():
    """Install uv. Says what it does; raises SystemExit with one line where it cannot."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        raise SystemExit(
            f"bootstrap: Python 3.11 to 3.14 is needed and {sys.executable} is {platform.python_version()}; "
            "name another one: make run PYTHON=python3.13"
        )
    print(f"installing uv {pinned()[0]} into {TARGET}", flush=True)
    os.makedirs(TARGET, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = from_pip(folder) or from_pypi(folder)
        except (OSError, http.client.HTTPException) as error:
            raise SystemExit(f"bootstrap: cannot fetch uv: {error}") from None
        check(wheel)
        install(wheel)


if __name__ == "__main__":
    main()
