"""Methods that only run the model: masked pictures in, scores out.

`running` (a model asked about many pictures), `base` (what methods share); `masks` (random ones), `product` (of
matrices), `rise`; `kernels` (the search for windows), `aise`; `detectors` (both, box by box).
"""
