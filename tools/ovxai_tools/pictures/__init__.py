"""Picture files, what goes from them into a model, and what is drawn of its maps.

Preparing pictures, previews, and runs over many pictures with a page of results and a journal to resume from. Needs
the extra `image` (OpenCV, Pillow).
"""
