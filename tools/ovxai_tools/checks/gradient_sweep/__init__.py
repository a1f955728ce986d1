"""Gradients of whole networks held to what others say of them, each network in a process of its own.

`torch_gradients` (what torch.autograd says), `networks` (torch networks by name), `straight_through` (8-bit models as
the smooth ones that gradients take them for), `from_torch` (a network against torch), `from_file` (a model file against
central differences), `one_network` (the process that looks at one), `summary` (what the rows of a report say).
"""
