"""The definitions of the maps, computed the slow way. The passes never use them."""
