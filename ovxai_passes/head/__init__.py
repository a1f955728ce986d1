"""The head: the part of a model from the target to the class scores, as a model of its own.

`masks` (over positions), `cut` (a head with a mask as an input), `classes` (of some classes alone), `variants` (heads
of any grid, of any batch, as the model is).
"""
