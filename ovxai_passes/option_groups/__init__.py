"""The fields of `Options` by what they are about; rules between them stand in `options.py`.

`map_options` (what is explained, and how), `picture_options` (how it leaves the model),
`info_options` (what the model is told of itself), `flags` (their names on a command line).
"""
