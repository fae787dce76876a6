"""Rendered registers: rows of rolling wheels and LCD figures, with the truth of every figure."""

from training.registers.render import Strip, render

__all__ = ["Strip", "render"]
