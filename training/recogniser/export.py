"""Weights to ONNX: `python -m training.recogniser.export --weights /tmp/recognise.pt`.

Joins levelling, the frozen trunk and the trained head to one network with the input `strips` (N x 3 x 48 x W, 0..1; W a
multiple of 16) and the outputs `columns` and `strip`, stores its numbers as float16 (computed in float32), checks that
onnxruntime says what the parts say, and notes the checksums.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper

from training.localiser.export import halve
from training.recogniser.features import CHANNELS, COLOURS, LEVELS, ROWS, seen, session, shipped, trunk
from training.recogniser.network import Head, Light
from training.recogniser.samples import HEIGHT
from training.seal import WEIGHTS, seal

OPSET = 11
"""That of the trunk as shipped."""
NAMES = ["strokes", "parts", "characters", "colours"]


def _graph(
    module: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    into: list[str],
    out: list[str],
    free: dict[str, dict[int, str]],
) -> onnx.ModelProto:
    file = io.BytesIO()
    torch.onnx.export(
        module, inputs, file, input_names=into, output_names=out, dynamic_axes=free, opset_version=OPSET, dynamo=False
    )
    return onnx.load_from_string(file.getvalue())


def join(head: Head, recogniser: Path) -> onnx.ModelProto:
    """strips to columns (N x W/4 x CHANNELS) and strip (N x STRIPS)."""
    strips = torch.rand(2, 3, HEIGHT, 160)
    light = _graph(
        Light().eval(),
        (strips,),
        ["strips"],
        ["level", "colours"],
        {"strips": {0: "n", 3: "w"}, "level": {0: "n", 3: "w"}, "colours": {0: "n", 3: "c"}},
    )
    middle = onnx.compose.add_prefix(trunk(recogniser), "trunk/")
    levels = tuple(
        torch.rand(2, count, high, wide)
        for count, high, wide in zip((*CHANNELS, COLOURS), (6, 3, 1, ROWS), (40, 40, 20, 40), strict=True)
    )
    free = {name: {0: "n", 3: f"w{at}"} for at, name in enumerate(NAMES)}
    end = _graph(
        head.eval(), levels, NAMES, ["columns", "strip"], free | {"columns": {0: "n", 1: "c"}, "strip": {0: "n"}}
    )
    end = onnx.compose.add_prefix(end, "head/")
    for model in (light, middle, end):
        model.ir_version = 9  # the newest that ONNX Runtime 1.16.3 reads, the last one for Amazon Linux 2
        del model.opset_import[:]
        model.opset_import.append(helper.make_opsetid("", OPSET))
    both = onnx.compose.merge_models(light, middle, io_map=[("level", "trunk/x")])
    links = [(f"trunk/{level}", f"head/{name}") for level, name in zip(LEVELS, NAMES[:3], strict=True)]
    whole = onnx.compose.merge_models(both, end, io_map=[*links, ("colours", "head/colours")])
    for output in whole.graph.output:
        output.name = output.name.removeprefix("head/")
    for node in whole.graph.node:
        for at, name in enumerate(node.output):
            if name in ("head/columns", "head/strip"):
                node.output[at] = name.removeprefix("head/")
    return whole


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True)
    arguments.add_argument("--trunk", type=Path, help="PP-OCRv6_rec_small.onnx; default: that of the rapidocr package")
    arguments.add_argument("--folder", type=Path, default=WEIGHTS)
    options = arguments.parse_args()
    recogniser = options.trunk or shipped()
    head = Head().eval()
    head.load_state_dict(torch.load(options.weights, weights_only=True))
    whole = join(head, recogniser)
    halve(whole)
    options.folder.mkdir(parents=True, exist_ok=True)
    target = options.folder / "recognise.onnx"
    onnx.save(whole, str(target))

    strips = np.random.default_rng(1).uniform(0, 1, (3, 3, HEIGHT, 208)).astype(np.float32)
    levels = seen(session(recogniser), strips)
    with torch.no_grad():
        said = [part.numpy() for part in head(*(torch.from_numpy(level) for level in levels))]
    read = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"]).run(None, {"strips": strips})
    apart = max(
        float(np.abs(one - other).max() / (np.abs(one).max() + 1)) for one, other in zip(said, read, strict=True)
    )
    if apart > 0.05:
        raise SystemExit(f"the joined network differs from its parts by {apart:.3f} of their range")
    seal(options.folder)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, largest difference {apart:.1e} of the range")


if __name__ == "__main__":
    main()
