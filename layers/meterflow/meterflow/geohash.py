"""Geohash: a place as a short text whose prefixes are larger cells around it.

Gustavo Niemeyer's public-domain code of 2008, as described in G. M. Morton's "A computer oriented geodetic data base"
(IBM, 1966) for the interleaving of the bits and at https://en.wikipedia.org/wiki/Geohash for the alphabet: longitude
and latitude are halved in turn, and five halvings make one character.
"""

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
BITS_PER_CHARACTER = 5


def encode(lat: float, lon: float, precision: int) -> str:
    """The cell of `precision` characters that holds a place in WGS 84 degrees.

    Five characters are a cell of 4.9 km from south to north and as much from west to east at the equator, which
    shrinks with the cosine of the latitude. Raises ValueError for a place that is not on earth.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ValueError("latitude or longitude out of range")
    south, north, west, east = -90.0, 90.0, -180.0, 180.0
    code = ""
    index = 0
    for bit in range(precision * BITS_PER_CHARACTER):
        index <<= 1
        if bit % 2 == 0:
            middle = (west + east) / 2
            if lon >= middle:
                index, west = index | 1, middle
            else:
                east = middle
        else:
            middle = (south + north) / 2
            if lat >= middle:
                index, south = index | 1, middle
            else:
                north = middle
        if bit % BITS_PER_CHARACTER == BITS_PER_CHARACTER - 1:
            code += ALPHABET[index]
            index = 0
    return code


def bounds(code: str) -> tuple[float, float, float, float]:
    """The cell's south, west, north and east edges in degrees. Raises ValueError for a character of no geohash."""
    south, north, west, east = -90.0, 90.0, -180.0, 180.0
    turn = 0
    for character in code:
        index = ALPHABET.index(character)
        for shift in reversed(range(BITS_PER_CHARACTER)):
            upper = index >> shift & 1
            if turn % 2 == 0:
                middle = (west + east) / 2
                west, east = (middle, east) if upper else (west, middle)
            else:
                middle = (south + north) / 2
                south, north = (middle, north) if upper else (south, middle)
            turn += 1
    return south, west, north, east
