"""The page of an evaluation, index.html: one file that needs nothing else.

`charts` (curves), `figures_table` (settings by rank), `differences` (the pictures on which settings differ most),
`report_page` (all of it).
"""
