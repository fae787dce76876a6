"""The network: what the frozen trunk sees of a strip in, and for every fourth column of pixels what stands there."""

import torch
from torch import Tensor, nn

from training.recogniser.features import CHANNELS as SEEN
from training.recogniser.features import COLOURS
from training.recogniser.samples import CLASSES

# Per column: is a figure's centre here, is a point here, is the figure a decimal, which figure.
CENTRE, POINT, DECIMAL, FIGURES = 0, 1, 2, 3
CHANNELS = FIGURES + CLASSES
STRIPS = 4
WIDTH = 160


def _layer(inside: int, outside: int, kernel: tuple[int, int] = (1, 1), padding: tuple[int, int] = (0, 0)) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, padding=padding, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True)
    )


class Along(nn.Module):
    """Looks along the strip, and adds what it saw."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(width, width, (1, 5), padding=(0, 2 * dilation), dilation=(1, dilation), bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.look(x)))


class Light(nn.Module):
    """RGB 0..1 to the trunk's input: each strip's own range brought to -1..1 (features.level_light), blue first; and
    its small colours (features.colours)."""

    def forward(self, strips: Tensor) -> tuple[Tensor, Tensor]:
        low = strips.amin((1, 2, 3), keepdim=True)
        level = (strips - low) / (strips.amax((1, 2, 3), keepdim=True) - low + 0.05) * 2 - 1
        level = torch.cat([level[:, 2:3], level[:, 1:2], level[:, 0:1]], 1)
        return level, torch.nn.functional.avg_pool2d(level, 4)


class Context(nn.Module):
    """What only neighbours tell: which figures have another colour than the rest (decimals), the wider gap before
    them, and whether a mark stands in step with the row. Sees the strip's colours and what the head saw, 58 columns to
    each side, and adds its opinion to the head's."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.paint = nn.Sequential(_layer(COLOURS, 24, (3, 3), (0, 1)), _layer(24, 40, (10, 3), (0, 1)))
        self.near = _layer(WIDTH, 40)
        self.join = _layer(80, width)
        self.along = nn.Sequential(*(Along(width, dilation) for dilation in (1, 4, 8, 16)))
        self.columns = nn.Conv2d(width, CHANNELS, 1)
        nn.init.zeros_(self.columns.weight)
        nn.init.zeros_(self.columns.bias)

    def forward(self, colours: Tensor, seen: Tensor) -> Tensor:
        joined = self.join(torch.cat([self.paint(colours), self.near(seen)], 1))
        opinion: Tensor = self.columns(self.along(joined))
        return opinion


class Head(nn.Module):
    """Three depths of the trunk (features.LEVELS) and colours to W / 4 columns of CHANNELS; and the strip's kind."""

    def __init__(self) -> None:
        super().__init__()
        strokes, parts, characters = SEEN
        self.strokes = nn.Sequential(
            nn.BatchNorm2d(strokes), _layer(strokes, 48), nn.Conv2d(48, WIDTH, (6, 3), padding=(0, 1), bias=False)
        )
        self.parts = nn.Sequential(
            nn.BatchNorm2d(parts), _layer(parts, 96), nn.Conv2d(96, WIDTH, (3, 3), padding=(0, 1), bias=False)
        )
        self.characters = nn.Sequential(nn.BatchNorm2d(characters), nn.Conv2d(characters, WIDTH, 1, bias=False))
        self.norm = nn.BatchNorm2d(WIDTH)
        self.along = nn.Sequential(Along(WIDTH, 1), Along(WIDTH, 2))
        self.drop = nn.Dropout(0.1)
        self.columns = nn.Conv2d(WIDTH, CHANNELS, 1)
        self.strip = nn.Linear(2 * WIDTH, STRIPS)
        self.grow = nn.Upsample(scale_factor=(1.0, 2.0), mode="nearest")
        self.context = Context()

    def forward(
        self, strokes: Tensor, parts: Tensor, characters: Tensor, colours: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """`mask` N x W/4 is 1 where a strip is not padding."""
        joined = self.strokes(strokes) + self.parts(parts) + self.grow(self.characters(characters))
        seen = self.along(torch.relu(self.norm(joined)))
        columns = (self.columns(self.drop(seen)) + self.context(colours, seen))[:, :, 0].transpose(1, 2)
        flat = seen[:, :, 0]
        if mask is None:
            pooled = torch.cat([flat.mean(2), flat.amax(2)], 1)
        else:
            weight = mask[:, None]
            pooled = torch.cat([(flat * weight).sum(2) / weight.sum(2), (flat * weight).amax(2)], 1)
        return columns, self.strip(pooled)
