"""Torch modules with maps: `insert_xai` of a torch module. Of this room only `kind` works without torch.

`kind` tells modules from other things; `checks` refuses what cannot be explained, and runs a module in evaluation mode;
`exporting` makes a graph of torch operations of it, with any batch; `sizes` has what such graphs know of the batch;
`matching` finds tensors of the converted model in that graph, by value; `splitting` cuts the graph into what is run
once and the head; `maps` has masks, scaling and principal components as torch operations; `explained` is the module
that comes of it; `locating` finds the target in the converted model; `building` puts these together.
"""
