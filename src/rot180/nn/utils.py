"""The functions that PyTorch users import from `torch.nn.utils`. Each is defined in a file named after its subject.

from rot180.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters
"""

from .clip_grad import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .parameter_vector import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]
