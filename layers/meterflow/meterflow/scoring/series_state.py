"""Numbers of a scorer's state as short text: little-endian 32-bit floats in base 64, five characters a number."""

import sys
from array import array
from base64 import b64decode, b64encode


def packed(numbers: "array[float]") -> str:
    """`numbers` (an array of 32-bit floats) as text; `unpacked` gives exactly the same ones back."""
    return b64encode(_little(numbers).tobytes()).decode("ascii")


def unpacked(text: str) -> "array[float]":
    """The array that `packed` wrote."""
    numbers = array("f")
    numbers.frombytes(b64decode(text, validate=True))
    return _little(numbers)


def _little(numbers: "array[float]") -> "array[float]":
    """`numbers` with its bytes in little-endian order, or from it: the same step both ways."""
    if sys.byteorder == "little":
        return numbers
    swapped = array("f", numbers)
    swapped.byteswap()
    return swapped
