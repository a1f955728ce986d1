"""Methods that only run the model."""
