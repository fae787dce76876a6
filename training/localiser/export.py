"""Weights to ONNX: `python -m training.localiser.export --weights /tmp/locate.pt`.

Joins levelling, the frozen detector trunk and the trained head to one network, stores its numbers as float16 (computed
in float32), checks that onnxruntime says what the parts say, and renews its line in weights/SHA256SUMS.
"""

import argparse
import hashlib
import io
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from training.localiser.features import CHANNELS, LEVELS, level_light, session, shipped, trunk
from training.localiser.network import Head, Light

FOLDER = Path(__file__).resolve().parents[2] / "functions/image_validation/read_photo/open_reader/weights"
OPSET = 11
"""That of the detector as shipped."""


def _graph(
    module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], into: list[str], out: list[str]
) -> onnx.ModelProto:
    file = io.BytesIO()
    free = {name: {0: "n", 2: f"{name}_high", 3: f"{name}_wide"} for name in (*into, *out)}
    torch.onnx.export(
        module, inputs, file, input_names=into, output_names=out, dynamic_axes=free, opset_version=OPSET, dynamo=False
    )
    return onnx.load_from_string(file.getvalue())


def join(head: Head, detector: Path) -> onnx.ModelProto:
    """photo (n, 3, H, W; RGB 0..255) to maps (n, 3, H/2, W/2)."""
    names = ["f32", "f16", "f8", "f4"]
    sizes = [torch.zeros(1, CHANNELS, 4 * 2**at, 8 * 2**at) for at in range(4)]
    photo = torch.zeros(1, 3, 128, 256)
    light = _graph(Light().eval(), (photo,), ["photo"], ["level", "blue_first"])
    middle = onnx.compose.add_prefix(trunk(detector), "trunk/")
    end = onnx.compose.add_prefix(_graph(head.eval(), (photo, *sizes), ["level", *names], ["maps"]), "head/")
    for model in (light, middle, end):
        model.ir_version = 9  # the newest that ONNX Runtime 1.16.3 reads, the last one for Amazon Linux 2
        del model.opset_import[:]
        model.opset_import.append(helper.make_opsetid("", OPSET))
    seen = onnx.compose.merge_models(
        light, middle, io_map=[("blue_first", "trunk/x")], outputs=["level", *(f"trunk/{level}" for level in LEVELS)]
    )
    links = [
        ("level", "head/level"),
        *((f"trunk/{level}", f"head/{name}") for level, name in zip(LEVELS, names, strict=True)),
    ]
    whole = onnx.compose.merge_models(seen, end, io_map=links)
    whole.graph.output[0].name = "maps"
    for node in whole.graph.node:
        for at, name in enumerate(node.output):
            if name == "head/maps":
                node.output[at] = "maps"
    return whole


def halve(model: onnx.ModelProto) -> None:
    """Store large float32 numbers as float16 with a cast before their use: half the file, the same computation."""
    casts = []
    for number in list(model.graph.initializer):
        if number.data_type != TensorProto.FLOAT or np.prod(number.dims) < 256:
            continue
        name = number.name
        small = numpy_helper.from_array(numpy_helper.to_array(number).astype(np.float16), f"{name}/half")
        model.graph.initializer.remove(number)
        model.graph.initializer.append(small)
        casts.append(helper.make_node("Cast", [f"{name}/half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True)
    arguments.add_argument(
        "--detector", type=Path, help="PP-OCRv6_det_small.onnx; default: that of the rapidocr package"
    )
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    options = arguments.parse_args()
    detector = options.detector or shipped()
    head = Head().eval()
    head.load_state_dict(torch.load(options.weights, weights_only=True))
    whole = join(head, detector)
    halve(whole)
    options.folder.mkdir(parents=True, exist_ok=True)
    target = options.folder / "locate.onnx"
    onnx.save(whole, str(target))

    photo = np.random.default_rng(1).uniform(0, 255, (1, 3, 96, 160)).astype(np.float32)
    level = level_light(photo)
    levels = session(detector).run(None, {"x": np.ascontiguousarray(level[:, ::-1])})
    with torch.no_grad():
        said = head(torch.from_numpy(level), *(torch.from_numpy(part) for part in levels)).numpy()
    (read,) = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"]).run(None, {"photo": photo})
    apart = float(np.abs(said - read).max() / (np.abs(said).max() + 1))
    if apart > 0.05:
        raise SystemExit(f"the joined network differs from its parts by {apart:.3f} of their range")
    sums = options.folder / "SHA256SUMS"
    lines = [
        line for line in (sums.read_text().splitlines() if sums.exists() else []) if not line.endswith("  locate.onnx")
    ]
    lines.append(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  locate.onnx")
    sums.write_text("\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB, largest difference {apart:.1e} of the range")


if __name__ == "__main__":
    main()
