"""Torch modules with maps: `insert_xai` of a torch module. All but the first of these modules need torch.

`kind` tells modules from other things; `checks` refuses what cannot be explained, and runs a module in evaluation mode;
`sizes` has what graphs know of the batch; `exporting` makes a graph of torch operations of a module, with any batch;
`matching` finds tensors of the converted model in that graph, by value; `splitting` cuts the graph into what is run
once and the head; `maps` has masks, scaling and principal components as torch operations; `explained` is the module
that comes of it; `locating` finds the target in the converted model; `building` puts these together.
"""
