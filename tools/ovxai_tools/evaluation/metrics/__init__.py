"""How good one map is, a metric a file; where a map is good with larger or smaller values, its docstring says.

`localisation` (energy, pointing), `sparseness`, `perturbation` (insertion, deletion, ADCC), `road` (MoRF, LeRF),
`sensitivity` (small noise), `randomisation` (weights drawn anew). `last_result`: for classes with one map in common.
"""
