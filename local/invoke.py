"""Run one function by `sam local invoke` on its sample event, against the running laptop cloud.

Needs Docker: sam runs the function in a container like Lambda's. The container shares the machine's network, so that it
reaches the emulator, and gets the real names of tables and buckets from `.local/env.json`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from local import build, cloud, paths


class InvokeFailed(RuntimeError):
    """`sam local invoke` could not run the function, or the function raised."""


def docker_works() -> bool:
    """Whether a Docker engine answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def step_folders() -> dict[str, Path]:
    """Every function's folder by `<workflow>/<step>`."""
    return {f"{p.parent.parent.name}/{p.parent.name}": p.parent for p in paths.ROOT.glob("functions/*/*/app.py")}


def find(name: str) -> str:
    """The `<workflow>/<step>` that `name` means. Raises InvokeFailed where it means none or several."""
    known = step_folders()
    matches = [name] if name in known else [key for key in known if key.split("/")[1] == name]
    if len(matches) != 1:
        choice = ", ".join(matches or sorted(known))
        raise InvokeFailed(f"{name!r} is {'several steps' if matches else 'no step'}; choose one of: {choice}")
    return matches[0]


def logical_id(step: str) -> str:
    """The resource's name: `validate_reading` is `ValidateReadingFunction`."""
    return "".join(word.title() for word in step.split("/")[-1].split("_")) + "Function"


def invoke(step: str, event: Path) -> object:
    """The function's result as JSON. Raises InvokeFailed where it raised or sam failed."""
    command = [
        str(paths.SAM), "local", "invoke", logical_id(step), "--event", str(event),
        "--template-file", str(build.BUILD / "template.yaml"), "--env-vars", str(paths.home() / "env.json"),
        "--docker-network", "host", "--skip-pull-image", "--region", cloud.REGION,
        "--parameter-overrides", f"PythonRuntime={build.RUNTIME}",
    ]  # fmt: skip
    env = cloud.credentials() | {"SAM_CLI_TELEMETRY": "0", "PATH": os.environ["PATH"]}
    # sam itself must not take the emulator for AWS: it asks for no service when it invokes.
    done = subprocess.run(command, cwd=paths.ROOT, env=env, capture_output=True, text=True, check=False)
    result = parse(done.stdout)
    if done.returncode or (isinstance(result, dict) and "errorType" in result):
        raise InvokeFailed(f"{step}: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return result


def parse(output: str) -> object:
    """The last JSON line of sam's standard output, which is the function's result; None where there is none."""
    for line in reversed(output.strip().splitlines()):
        try:
            return json.loads(line)
        except ValueError:
            continue
    return None


def main() -> None:
    """Entry point of `make invoke STEP=…`."""
    try:
        step = find(sys.argv[1])
        if not docker_works():
            raise InvokeFailed("sam local invoke needs Docker, and no Docker engine answers here")
        if not cloud.is_up():
            raise InvokeFailed("the laptop cloud is not running; start it with: make run")
        result = invoke(step, paths.ROOT / "events" / f"{step}.json")
    except InvokeFailed as error:
        raise SystemExit(f"invoke: {error}") from None
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
