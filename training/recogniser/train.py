"""Train the recogniser's head: `python -m training.recogniser.train --minutes 30 --seen /tmp/seen --out /tmp/it.pt`.

Other processes (training.recogniser.views) draw samples and look at them through the frozen trunk; this one trains on
one thread. The learning rate falls with the share of the time that has passed, so that a run of any length ends whole.
"""

import argparse
import copy
import json
import math
import pickle
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from training.recogniser.features import session, shipped
from training.recogniser.network import Head
from training.recogniser.pool import fixed
from training.recogniser.scores import on_crops, on_views
from training.recogniser.targets import Batch, loss
from training.recogniser.views import View, views

VALIDATION = (20261121, 500)


class Memory:
    """Views by width. Making one costs more than a step with it, so each is used several times."""

    def __init__(self, folder: Path, most: int, seed: int) -> None:
        self.folder, self.most, self.rng = folder, most, np.random.default_rng(seed)
        self.by_width: dict[int, list[View]] = {}
        self.size = self.made = 0

    def take(self) -> None:
        """What was made meanwhile; old views make room."""
        for path in sorted(self.folder.glob("*.views")):
            for view in pickle.loads(path.read_bytes()):  # written by our own process
                kept = self.by_width.setdefault(view.levels[0].shape[-1], [])
                if self.size < self.most or len(kept) < 32:
                    kept.append(view)
                    self.size += 1
                else:
                    kept[int(self.rng.integers(len(kept)))] = view
                self.made += 1
            path.unlink()

    def batch(self, count: int) -> Batch:
        """`count` views of one width; a width comes as often as it has views."""
        widths = list(self.by_width)
        sizes = np.array([len(self.by_width[width]) if len(self.by_width[width]) >= 8 else 0 for width in widths])
        kept = self.by_width[int(self.rng.choice(widths, p=sizes / sizes.sum()))]
        chosen = self.rng.choice(len(kept), min(count, len(kept)), replace=False)
        return Batch([kept[int(at)] for at in chosen])


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    makers = [
        subprocess.Popen(
            [sys.executable, "-m", "training.recogniser.views", "--out", str(options.seen), "--seed", str(seed)]
            + (["--trunk", str(options.trunk)] if options.trunk else [])
        )
        for seed in range(options.seed, options.seed + options.makers)
    ]
    try:
        _train(options)
    finally:
        for maker in makers:
            maker.terminate()


def _train(options: argparse.Namespace) -> None:
    trunk = session(options.trunk or shipped())
    network = Head()
    if options.start:
        lacking = network.load_state_dict(torch.load(options.start, weights_only=True), strict=False)
        # Heads from before the context go on with one that says nothing yet.
        if lacking.unexpected_keys or any(not name.startswith("context.") for name in lacking.missing_keys):
            raise SystemExit(f"{options.start} is no checkpoint of this head: {lacking}")
    best = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.02)
    samples = sorted(fixed(*VALIDATION), key=lambda sample: sample.pixels.shape[1])
    validation = [views(trunk, samples[at : at + 16]) for at in range(0, len(samples), 16)]
    memory = Memory(options.seen, options.memory, options.seed)
    while memory.size < 1000:
        memory.take()
        time.sleep(0.5)
    began = checked = time.monotonic()
    seconds = options.minutes * 60
    losses: list[float] = []
    step = 0
    while True:
        done = (time.monotonic() - began) / seconds
        if done >= 1:
            break
        rate = options.rate * min(1.0, (step + 1) / 100) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        network.train()
        batch = memory.batch(32)
        wrong, parts = loss(batch, *network(*batch.levels, batch.mask))
        optimiser.zero_grad()
        wrong.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        average(best, network, min(0.995, (step + 1) / (step + 20)))
        losses.append(wrong.item())
        if step % 100 == 0:
            told = {name: round(part, 3) for name, part in parts.items()}
            print(f"{step} {done:.2f} loss {np.mean(losses[-100:]):.3f} of {memory.made} {told}", flush=True)
        if step % 20 == 0:
            memory.take()
        step += 1
        if time.monotonic() - checked > options.every * 60:
            checked = time.monotonic()
            _check(best, validation, trunk, options.out, step)
    _check(best, validation, trunk, options.out, step)


def average(best: nn.Module, network: nn.Module, keep: float) -> None:
    """A running mean of the weights reads better than the last ones."""
    with torch.no_grad():
        for mean, new in zip(best.state_dict().values(), network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.mul_(keep).add_(new, alpha=1 - keep)
            else:
                mean.copy_(new)


def _check(best: Head, validation: list[list[View]], trunk: object, out: Path, step: int) -> None:
    torch.save(best.state_dict(), out)
    scores = {"step": step, **on_views(best, validation), **on_crops(best, trunk)}  # type: ignore[arg-type]
    line = json.dumps({name: round(score, 4) for name, score in scores.items()})
    with out.with_suffix(".jsonl").open("a") as lines:
        lines.write(line + "\n")
    print("CHECK", line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=4, help="minutes between checks")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--makers", type=int, default=1, help="processes that draw samples; 0: they run already")
    parser.add_argument("--memory", type=int, default=16000, help="views kept, 0.3 MB each")
    parser.add_argument("--start", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--seen", type=Path, required=True, help="folder in which views wait")
    parser.add_argument("--trunk", type=Path, help="PP-OCRv6_rec_small.onnx; default: that of the rapidocr package")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint; scores beside it")
    return parser.parse_args()


if __name__ == "__main__":
    main()
