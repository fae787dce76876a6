"""Train the localiser: `python -m training.localiser.train --minutes 40 --scenes /tmp/faces --out /tmp/locate.pt`.

Scenes that are not there yet are rendered first (training.faces.render). One thread; the learning rate falls with
the share of the time that has passed, so that a run of any length ends whole.
"""

import argparse
import copy
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.localiser.features import level_light, session, shipped
from training.localiser.network import Head
from training.localiser.views import Views


def loss_of(out: Tensor, masks: Tensor, directions: Tensor) -> tuple[Tensor, float, float]:
    """Cross entropy and overlap for the mask; inside it, one minus the cosine of the angle for the direction."""
    logit, aim = out[:, 0], out[:, 1:3]
    cross = functional.binary_cross_entropy_with_logits(logit, masks)
    sure = torch.sigmoid(logit)
    area = masks.sum((1, 2))
    shown = area > 6
    overlap = 1 - (2 * (sure * masks).sum((1, 2)) + 4) / (sure.sum((1, 2)) + area + 4)
    length = aim.square().sum(1).add(1e-4).sqrt()
    cosine = (aim * directions[:, :, None, None]).sum(1) / length
    inside = ((1 - cosine) * masks).sum((1, 2)) / area.clamp(min=1)
    turned = (inside * shown).sum() / shown.sum().clamp(min=1)
    # The length of the direction learns to be one, so that a short one means doubt.
    steady = ((length - 1).square() * masks).sum() / area.sum().clamp(min=1)
    total = 4 * cross + overlap.mean() + turned + 0.02 * steady
    return total, float(overlap.detach().mean()), float(turned.detach())


class Memory:
    """Views seen of late with their features: each is used about twice, as making one costs more than a step."""

    def __init__(self, most: int, seed: int) -> None:
        self.most, self.rng = most, np.random.default_rng(seed)
        self.kept: list[tuple[np.ndarray, ...]] = []

    def mix(self, fresh: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
        """The fresh views and as many older ones, stacked."""
        older = (
            [self.kept[int(at)] for at in self.rng.integers(0, len(self.kept), len(fresh))]
            if len(self.kept) >= 4 * len(fresh)
            else []
        )
        for view in fresh:
            if len(self.kept) < self.most:
                self.kept.append(view)
            else:
                self.kept[int(self.rng.integers(self.most))] = view
        return [np.stack(parts).astype(np.float32) for parts in zip(*fresh, *older, strict=True)]


@torch.no_grad()
def follow(slow: torch.nn.Module, fast: torch.nn.Module, share: float) -> None:
    """Move one network's numbers this share of the way to the other's: the mean of many steps is steady."""
    for old, new in zip(slow.state_dict().values(), fast.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, share)
        else:
            old.copy_(new)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=40)
    arguments.add_argument("--scenes", type=Path, default=Path("/tmp/meterflow-faces"))
    arguments.add_argument("--count", type=int, default=8000, help="scenes to render where the folder has none")
    arguments.add_argument(
        "--detector", type=Path, help="PP-OCRv6_det_small.onnx; default: that of the rapidocr package"
    )
    arguments.add_argument("--start", type=Path, help="weights to go on from")
    arguments.add_argument("--rate", type=float, default=2e-3)
    arguments.add_argument("--batch", type=int, default=8, help="fresh views a step; as many older ones come with them")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--out", type=Path, required=True)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    if not (options.scenes / "scenes.jsonl").exists():
        subprocess.run(
            [
                sys.executable,
                "-m",
                "training.faces.render",
                "--count",
                str(options.count),
                "--out",
                str(options.scenes),
            ],
            check=True,
        )
    views, detector, memory = (
        Views(options.scenes, options.seed),
        session(options.detector or shipped()),
        Memory(800, options.seed),
    )
    net = Head().to(memory_format=torch.channels_last)
    if options.start:
        net.load_state_dict(torch.load(options.start, weights_only=True))
    average = copy.deepcopy(net).eval()
    tuner = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=1e-2)
    begun = time.monotonic()
    seen: list[tuple[float, float, float]] = []
    saved = begun
    for step, batch in enumerate(views.batches(options.batch), 1):
        passed = (time.monotonic() - begun) / (60 * options.minutes)
        if passed >= 1:
            break
        warm = min(1.0, step / 60)
        for group in tuner.param_groups:
            group["lr"] = options.rate * warm * (0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * passed))))
        level = level_light(batch.photos)
        levels = detector.run(None, {"x": np.ascontiguousarray(level[:, ::-1])})
        parts = [part.astype(np.float16) for part in (level, *levels)]
        mixed = [
            torch.from_numpy(part) for part in memory.mix(list(zip(*parts, batch.masks, batch.directions, strict=True)))
        ]
        out = net.train()(*(part.contiguous(memory_format=torch.channels_last) for part in mixed[:5]))
        total, overlap, turned = loss_of(out, mixed[5], mixed[6])
        tuner.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        tuner.step()
        seen.append((float(total.detach()), overlap, turned))
        keep = min(0.995, step / (step + 20))
        follow(average, net, 1 - keep)
        if step % 50 == 0:
            loss, apart, way = np.mean(seen[-50:], axis=0)
            minutes = (time.monotonic() - begun) / 60
            print(
                f"{minutes:.1f} min, step {step}: loss {loss:.3f}, overlap {1 - apart:.3f}, way {way:.3f}", flush=True
            )
        if time.monotonic() - saved > 90:
            torch.save(average.state_dict(), options.out)
            views.read()
            saved = time.monotonic()
    torch.save(average.state_dict(), options.out)


if __name__ == "__main__":
    main()
