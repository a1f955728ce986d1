"""Reading a model and what it says of itself, and writing that."""
