"""The definitions of methods that read gradients, a module for each, with what they share.

`weights`, `best_boxes` (of detectors), `derivatives` (gradients of classifiers, cell by cell).

Gradients are those of `vjp`, of the model by itself, before anything is inserted. `--verify` holds them to central
differences, and the tests to torch.autograd.
"""
