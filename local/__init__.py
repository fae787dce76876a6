"""The laptop cloud and what only it needs."""

import os

# onnxruntime, which reads the photos here, would otherwise report to its maker and keep a database in the home folder.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
