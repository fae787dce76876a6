"""Whole photos of meters, rendered: faces, registers, walls, light, lens."""
