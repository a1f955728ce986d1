"""Graph rewrites that change no value: Slices of rows that alone are read pass up through operations.

`sinking` (one rule an operation), `sink_rows` (the MatcherPass); `reading` (which rows are read, and a Slice there),
`split_products` (products with a matrix of which some rows alone are mixed); `trim` (a whole network);
`idle_reductions` (of one number).
"""
