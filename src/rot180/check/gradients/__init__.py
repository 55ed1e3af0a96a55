"""`check.gradients`: compare the gradients of Tensor functions and modules with numerical derivatives."""
