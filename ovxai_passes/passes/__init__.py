"""The stages of an insertion, each a ModelPass over one InsertionState, in the order that they run.

`layers` (the target by names and shapes), `state` (what stages hand on), `targets` (a sub-package: what Locate finds);
`locate`, `cut`, `build_branch` and those of `finishing` (a sub-package) leave the model as it is; `graft`, `trim`,
`keep_map`, `record` and `tell` change it; `insert_saliency_map` runs them all, and `remove_saliency_map` undoes them.
"""
