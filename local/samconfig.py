"""What samconfig.toml says of an environment.

`sam` takes the parameters of its command line instead of the file's, not beside them: whoever gives one gives them all.
`python -m local.samconfig staging` prints those of an environment for `make deploy`.
"""

import shlex
import sys
import tomllib

from local import paths


def parameters(environment: str) -> list[str]:
    """The template's parameters in `environment`, as `Name=value`. Raises SystemExit for one that is not there."""
    config = tomllib.loads((paths.ROOT / "samconfig.toml").read_text())
    if environment not in config:
        known = ", ".join(name for name, value in config.items() if isinstance(value, dict))
        raise SystemExit(f"samconfig.toml has no environment {environment}; it has {known}")
    found: list[str] = config[environment].get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    return found


if __name__ == "__main__":
    print(shlex.join(parameters(sys.argv[1])))
