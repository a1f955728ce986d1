"""Dense prediction heads, class heads, feature maps and instances of a detector."""
