"""Functions run on an interpreter that has only what AWS's runtime has: the standard library and boto3.

The emulator starts them with its own interpreter, whose packages would hide a requirement that a function forgot.
"""

import os

from ministack.core import lambda_runtime

VARIABLE = "METERFLOW_FUNCTION_PYTHON"


def install() -> None:
    """Point Python runtimes at the interpreter named by METERFLOW_FUNCTION_PYTHON."""
    interpreter = os.environ[VARIABLE]
    original = lambda_runtime._detect_runtime_binary

    def detect(runtime: str) -> tuple[str, str]:
        binary, script = original(runtime)
        return (interpreter, script) if runtime.startswith("python") else (binary, script)

    lambda_runtime._detect_runtime_binary = detect
