"""A pool of rendered scenes: each is photographed many times, and old ones are replaced by new ones."""

from collections.abc import Iterator

import numpy as np

from training.recogniser.samples import Sample, sample
from training.registers.scene import Scene, scene


class Pool:
    """`size` scenes. Drawing is dearer than photographing, so `fresh` new scenes come in a batch."""

    def __init__(self, rng: np.random.Generator, size: int, fresh: int) -> None:
        self.rng, self.size, self.fresh = rng, size, fresh
        self.scenes: list[Scene] = []

    def batches(self, count: int, ahead: int = 6) -> Iterator[list[Sample]]:
        """Batches of `count` samples of about one width, for ever."""
        while True:
            for _ in range(self.fresh * ahead if len(self.scenes) >= 400 else 400):
                self._add()
            drawn = [self._photograph() for _ in range(count * ahead)]
            drawn.sort(key=lambda sample: sample.pixels.shape[1])
            for at in self.rng.permutation(ahead):
                yield drawn[at * count : (at + 1) * count]

    def _add(self) -> None:
        new = scene(self.rng)
        if len(self.scenes) < self.size:
            self.scenes.append(new)
        else:
            self.scenes[int(self.rng.integers(self.size))] = new

    def _photograph(self) -> Sample:
        return sample(self.rng, self.scenes[int(self.rng.integers(len(self.scenes)))])


def fixed(seed: int, count: int) -> list[Sample]:
    """The same `count` samples each time: the validation set."""
    rng = np.random.default_rng(seed)
    return [sample(rng, scene(rng)) for _ in range(count)]
