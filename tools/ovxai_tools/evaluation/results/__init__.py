"""From measured values to tables: what they are called, intervals, ranks, the sentence at the end, files.

`sketches` (maps as texts), `rows` (values, kept while a run goes on), `bootstrap`, `measures`, `table`, `verdict`,
`result_files`.
"""
