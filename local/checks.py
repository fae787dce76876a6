"""`make test`: every test there is, in groups that suit two cores, with a laptop cloud of its own.

Where something optional is missing (Docker for `sam local invoke`, Chromium for the browser) its tests are skipped with
a message; METERFLOW_REQUIRE_ALL=1, which CI sets, makes that a failure.
"""

import os
import subprocess
import sys
import time

# Without a cloud first: they are fast, run on every core and fail for the simplest reasons.
GROUPS = (
    ("unit, workflow and template tests", ["tests/unit", "tests/workflow", "tests/template", "-n", "auto"]),
    ("tests on a laptop cloud of their own", ["tests/integration"]),
)


def main() -> None:
    """Run each group and stop at the first that fails."""
    for title, arguments in GROUPS:
        started = time.monotonic()
        print(f"--- {title}", flush=True)
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], env=os.environ, check=False)
        if done.returncode:
            raise SystemExit(done.returncode)
        print(f"--- {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
