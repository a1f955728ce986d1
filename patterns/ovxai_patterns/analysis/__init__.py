"""Facts about a model by dataflow: graph, folding, positions of tensors, influence, op traits."""
