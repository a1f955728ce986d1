"""What happens to a raw map before it leaves the model."""
