"""Get uv into `.local/tools/uv` on a machine that has Python and nothing else.

Standard library only, because it runs before anything is installed. Where the machine has pip, pip fetches the wheel
(and so follows the machine's own index settings); a bare Debian has none, and the wheel comes straight from PyPI.
Either way its SHA-256 must be the one that PyPI states for the pinned version.
"""

import glob
import hashlib
import json
import os
import platform
import stat
import subprocess
import sys
import tempfile
import urllib.request
import zipfile

VERSION = "0.13.8"
TARGET = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".local", "tools", "uv")


def wheel_tag():
    """The part of the wheel's file name that names this platform."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        return "macosx", "arm64" if machine == "aarch64" else machine
    return "manylinux", machine


def from_pip(folder):
    """Let pip fetch the wheel into `folder`; None where this Python has no pip."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder]
    done = subprocess.run(
        [*command, "uv==" + VERSION], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    found = glob.glob(os.path.join(folder, "uv-*.whl"))
    return found[0] if done.returncode == 0 and found else None


def from_pypi(folder):
    """Fetch the wheel of this platform from PyPI into `folder` and check its hash."""
    with urllib.request.urlopen(f"https://pypi.org/pypi/uv/{VERSION}/json", timeout=60) as answer:
        files = json.load(answer)["urls"]
    family, machine = wheel_tag()
    for file in files:
        name = file["filename"]
        if name.endswith(".whl") and family in name and machine in name and "musllinux" not in name:
            path = os.path.join(folder, name)
            with urllib.request.urlopen(file["url"], timeout=300) as answer, open(path, "wb") as out:
                data = answer.read()
                out.write(data)
            if hashlib.sha256(data).hexdigest() != file["digests"]["sha256"]:
                raise SystemExit("bootstrap: the downloaded uv is not the one that PyPI describes")
            return path
    raise SystemExit(f"bootstrap: PyPI has no uv {VERSION} for {sys.platform} {machine}")


def main():
    """Put the uv binary in its place. Says what it does; raises SystemExit with one line where it cannot."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        raise SystemExit(f"bootstrap: Python 3.11 to 3.14 is needed, this is {platform.python_version()}")
    print(f"installing uv {VERSION} into .local/tools/uv", flush=True)
    os.makedirs(TARGET, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = from_pip(folder) or from_pypi(folder)
        except OSError as error:
            raise SystemExit(f"bootstrap: cannot fetch uv: {error}") from None
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
            binary = os.path.join(TARGET, "uv")
            with open(binary, "wb") as out:
                out.write(archive.read(member))
    os.chmod(binary, os.stat(binary).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


if __name__ == "__main__":
    main()
