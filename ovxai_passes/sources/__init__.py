"""Where models live: files, folders and objects of other frameworks, converted to OpenVINO.

`source` is what all have in common; `reasons` shortens what frameworks say. One source each, their frameworks imported
where used: `torch_export` (.pt2), `keras` (.keras, .h5), `hugging_face` (a folder). `registry` lists them in the order
in which they are asked.
"""
