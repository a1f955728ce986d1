"""Models with maps: made and written, verified against definitions, measured, and all of that over many models.

The only room that uses the definitions of maps (`ovxai_passes.reference`). `timm_zoo` makes networks to sweep over.
"""
