"""The command lines: each reads flags, calls the work in another room, and prints.

`main` is the command `ovxai`, whose sub-commands are `transform`, `explain`, `evaluate`, `bench` and `sweep`; `console`
holds the installed entry points. `gallery` and `zoo` are for developers (python -m). None imports another.
"""
