"""Photos that nobody sent before: a photo proves one reading, so tests that share a cloud must not share photos."""

import io
import random
import uuid

from PIL import Image

from local.city import photo

SERIAL = "AL-2026-000042"
MARGIN = (400, 300)


def fresh(shown: str) -> Image.Image:
    """A photo of a register that shows `shown`: another angle and grain, at another place in another scene."""
    chance = random.Random(uuid.uuid4().int)
    drawn = Image.open(io.BytesIO(photo.render(shown, SERIAL, seed=chance.randrange(10**9)))).convert("RGB")
    size = (drawn.width + MARGIN[0], drawn.height + MARGIN[1])
    patches = Image.frombytes("RGB", (8, 6), chance.randbytes(8 * 6 * 3))
    scene = patches.resize(size, Image.Resampling.BICUBIC)
    scene.paste(drawn, (chance.randrange(MARGIN[0]), chance.randrange(MARGIN[1])))
    return scene
