"""The definitions of maps, computed the slow way, in a module of the method's name; `lookup.py` finds that of a method.

They are what branches are compared with; the passes never use them. `given` is what a definition is computed from;
`comparing`, `feature_vector`, `masked` and `contrast` are shared; `finishing` holds what becomes of raw maps.
"""
