"""Reading, drawing and writing pictures."""
