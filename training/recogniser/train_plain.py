"""Train the second recogniser: `python -m training.recogniser.train_plain --minutes 60 --out /tmp/plain.pt`.

Nothing of it is pretrained. Draws its samples itself, on one thread; at the end it is written as recognise32.onnx.
"""

import argparse
import copy
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch

from training.recogniser.plain import LOW, Plain, low_views
from training.recogniser.pool import Pool, fixed
from training.recogniser.scores import on_views
from training.recogniser.targets import Batch, loss
from training.recogniser.train import VALIDATION, average
from training.recogniser.views import View
from training.seal import WEIGHTS, seal


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    network = Plain()
    if options.start:
        network.load_state_dict(torch.load(options.start, weights_only=True))
    best = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.01)
    samples = sorted(fixed(*VALIDATION), key=lambda sample: sample.pixels.shape[1])
    validation = [low_views(samples[at : at + 16]) for at in range(0, len(samples), 16)]
    began = checked = time.monotonic()
    for step, drawn in enumerate(Pool(np.random.default_rng(options.seed), 8000, 3).batches(32)):
        done = (time.monotonic() - began) / (options.minutes * 60)
        if done >= 1:
            break
        rate = options.rate * min(1.0, (step + 1) / 150) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        network.train()
        batch = Batch(low_views(drawn))
        wrong, parts = loss(batch, *network(*batch.levels, batch.mask))
        optimiser.zero_grad()
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average(best, network, min(0.998, (step + 1) / (step + 20)))
        if step % 100 == 0:
            print(f"{step} {done:.2f} { ({name: round(part, 3) for name, part in parts.items()}) }", flush=True)
        if time.monotonic() - checked > options.every * 60:
            checked = time.monotonic()
            _check(best, validation, options.out, step)
    _check(best, validation, options.out, step)
    export(best, options.weights)


def export(network: Plain, folder: Path) -> None:
    """recognise32.onnx in `folder`, with its checksum."""
    torch.onnx.export(
        network.eval(),
        (torch.rand(2, 3, LOW, 160),),
        str(folder / "recognise32.onnx"),
        input_names=["strips"],
        output_names=["columns", "strip"],
        dynamic_axes={"strips": {0: "n", 3: "w"}, "columns": {0: "n", 1: "c"}, "strip": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.checker.check_model(str(folder / "recognise32.onnx"))
    seal(folder)


def _check(best: Plain, validation: list[list[View]], out: Path, step: int) -> None:
    torch.save(best.state_dict(), out)
    scores = {"step": step, **on_views(best, validation)}
    line = json.dumps({name: round(score, 4) for name, score in scores.items()})
    with out.with_suffix(".jsonl").open("a") as lines:
        lines.write(line + "\n")
    print("CHECK", line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=4, help="minutes between checks")
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint; scores beside it")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where the network goes at the end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
