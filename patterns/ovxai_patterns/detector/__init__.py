"""What a detector predicts, and where, each module built on those before it.

`dense_heads` (dense prediction heads), `head_uses` (what becomes of their elements), `groups` (heads that predict the
same), `raw_groups` (told by numbers of channels), `class_heads`, `naming` (patterns that they look like) and
`class_head_choice` (which of them score classes), `joined` (tokens of several maps), `detector` (class heads and
feature maps), `level_features` (the map that each class head reads), `own_patterns` (those that patterns of a user's
own name), `instances` (masks).
"""
