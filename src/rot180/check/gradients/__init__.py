"""`check.gradients`: the gradients of Tensor functions and modules against numerical derivatives."""
