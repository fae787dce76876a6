"""The localiser: a U-Net's head on a text detector's features; marks the figures' row and says which way it reads."""

import torch
from torch import Tensor, nn

from training.localiser.features import CHANNELS


def _layer(into: int, out: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(into, out, size, stride, size // 2, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)
    )


class _Residual(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _layer(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(self.first(x)))


class Light(nn.Module):
    """RGB 0..255 to the detector's input: mean and spread taken out (features.level_light), blue first."""

    def forward(self, photo: Tensor) -> tuple[Tensor, Tensor]:
        middle = photo.mean((1, 2, 3), keepdim=True)
        spread = ((photo - middle) ** 2).mean((1, 2, 3), keepdim=True).sqrt()
        level = (photo - middle) / (spread + 4.0) * 0.5
        return level, torch.cat([level[:, 2:3], level[:, 1:2], level[:, 0:1]], 1)


class Head(nn.Module):
    """Levelled photo (N, 3, H, W; H and W multiples of 32) and four levels of features to (N, 3, H/2, W/2): mask logit,
    cosine and sine of the reading direction."""

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 72, 96)) -> None:
        super().__init__()
        w4, w8, w16, w32 = widths
        self.stem = nn.Sequential(_layer(3, 12, 2), _layer(12, w4, 2))
        self.in32, self.in16, self.in8, self.in4 = (
            nn.Sequential(nn.BatchNorm2d(CHANNELS), nn.Conv2d(CHANNELS, width, 1)) for width in (w32, w16, w8, w4)
        )
        self.at32 = nn.Sequential(_Residual(w32), _layer(w32, w16, 1, 1))
        self.at16 = nn.Sequential(_Residual(w16), _Residual(w16), _layer(w16, w8, 1, 1))
        self.at8 = nn.Sequential(_Residual(w8), _Residual(w8), _layer(w8, w4, 1, 1))
        self.at4 = nn.Sequential(_Residual(w4), nn.Conv2d(w4, 12, 1), nn.PixelShuffle(2))
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        with torch.no_grad():
            self.at4[1].bias[:4] = -3.0  # most of a photo is no register

    def forward(self, level: Tensor, f32: Tensor, f16: Tensor, f8: Tensor, f4: Tensor) -> Tensor:
        y = self.at32(torch.relu(self.in32(f32)))
        y = self.at16(torch.relu(self.in16(f16)) + self.grow(y))
        y = self.at8(torch.relu(self.in8(f8)) + self.grow(y))
        return self.at4(torch.relu(self.in4(f4)) + self.stem(level) + self.grow(y))
