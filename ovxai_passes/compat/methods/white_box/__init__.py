"""Methods that insert a map into the model."""
