"""Whether files are PNG or JPEG pictures that show something: exit status 1 and the name of the first that is not."""

import sys
from pathlib import Path

from PIL import Image

for name in sys.argv[1:]:
    if not Path(name).read_bytes().startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        sys.exit(f"{name} is neither PNG nor JPEG")
    with Image.open(name) as picture:
        colours = picture.convert("RGB").getcolors(1 << 24) or []
    if len(colours) < 50:
        sys.exit(f"{name} shows nothing: it has {len(colours)} colours")
