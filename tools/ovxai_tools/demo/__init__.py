"""The small trained demo models, their pictures, and how they were made."""
