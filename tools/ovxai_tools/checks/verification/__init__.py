"""What `verify` holds a model to, a file each: `outputs` (originals unchanged), `scores` (unrounded), `classes` (that
have maps), `shown` (levels and pictures of raw maps), `zero` (maps from zero), `gradients` (central differences),
`features` (feature vectors).
"""
