"""Stages that extend the branch, after the raw map: `scale`, `pool`. The model is left as it is."""
