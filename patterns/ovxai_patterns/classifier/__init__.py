"""Where and how a classifier is explained, each module built on those before it.

`scores` (class scores), `readout` and `readout_operations` (how and where positions are read), `blocks` (transformer
blocks), `facts` (all of these, found once), `site` and `request` (what is found, what is asked), then one module for
each kind of target: `own_patterns` (that patterns of a user's own name), `maps_above` (others), `attention_pooled`,
`partial`; then `proposals` (of the patterns that are known) and `target`, which searches.
"""
