"""Pictures and maps as arrays, by OpenCV, and by Pillow where that cannot (extra `image`); not for the passes.

`extras` (the two packages), `arrays` (layouts), `levels` (grey levels of a map, in numpy alone), `resizing`,
`colormaps`, `blending` (a map laid over a picture), `writing` (lines of text), `drawing` (boxes and letters);
`encoding` and `decoding` (picture files). Pictures are RGB everywhere: OpenCV's order of channels does not leave this
room.
"""
