"""Methods that only run the model: masked pictures in, scores out."""
