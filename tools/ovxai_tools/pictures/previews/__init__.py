"""Pictures that one would show: what a model is asked, its maps, and the two together, with words around them.

`panels` (pictures side by side, with titles, badges and bars of colours), `legend` (what the ends of a scale are),
`certainty` (how sure a model is, in words), `found_boxes` (what a detector has found), `shown_class` (the class that is
shown), `preview` (all of it, for one picture and a model with maps).
"""
