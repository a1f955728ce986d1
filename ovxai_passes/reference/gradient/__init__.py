"""The definitions of methods that read gradients: `derivatives` (gradients, cell by cell), then a module for each.

Gradients are those of `vjp`, of the model by itself, before anything is inserted. `--verify` holds them to central
differences, and the tests to torch.autograd.
"""
