"""How often maps point at the object, and other measures of quality."""
