"""The op table in PyTorch: build gives the function that computes an op.

A gradient op is PyTorch's own backward function where it can be called, else
what autograd runs for the forward op of the same name.
"""

import math

import torch
from torch.nn import functional as F

from torch_structural import STRUCTURAL, Lacks

aten = torch.ops.aten
NONE = {"reduction": "none"}

# Elementwise ops: operands by name, then the parameters p.
FORWARD = {
    "abs": ("x", lambda p, x: torch.abs(x)),
    "abs_pow": ("x", lambda p, x: torch.abs(x).pow(p[0])),
    "acos": ("x", lambda p, x: torch.acos(x)),
    "acosh": ("x", lambda p, x: torch.acosh(x)),
    "add": ("a b", lambda p, a, b: a + b),
    "addcdiv": ("x a b", lambda p, x, a, b: torch.addcdiv(x, a, b, value=p[0])),
    "addcmul": ("x a b", lambda p, x, a, b: torch.addcmul(x, a, b, value=p[0])),
    "asin": ("x", lambda p, x: torch.asin(x)),
    "asinh": ("x", lambda p, x: torch.asinh(x)),
    "atan": ("x", lambda p, x: torch.atan(x)),
    "atan2": ("a b", lambda p, a, b: torch.atan2(a, b)),
    "atanh": ("x", lambda p, x: torch.atanh(x)),
    "binary_cross_entropy": ("x t", lambda p, x, t: F.binary_cross_entropy(x, t.expand_as(x), **NONE)),
    "binary_cross_entropy_pos_weight": ("x t w", lambda p, x, t, w: F.binary_cross_entropy_with_logits(x, t, pos_weight=w, **NONE)),
    "binary_cross_entropy_with_logits": ("x t", lambda p, x, t: F.binary_cross_entropy_with_logits(x, t.expand_as(x), **NONE)),
    "ceil": ("x", lambda p, x: torch.ceil(x)),
    "celu": ("x", lambda p, x: F.celu(x, p[0])),
    "clamp": ("x", lambda p, x: torch.clamp(x, p[0], p[1])),
    "copysign": ("a b", lambda p, a, b: torch.copysign(a, b)),
    "cos": ("x", lambda p, x: torch.cos(x)),
    "cosh": ("x", lambda p, x: torch.cosh(x)),
    "div": ("a b", lambda p, a, b: a / b),
    "div_trunc": ("a b", lambda p, a, b: torch.div(a, b, rounding_mode="trunc")),
    "elu": ("x", lambda p, x: F.elu(x, p[0])),
    "eq": ("a b", lambda p, a, b: a == b),
    "erf": ("x", lambda p, x: torch.erf(x)),
    "erfc": ("x", lambda p, x: torch.erfc(x)),
    "exp": ("x", lambda p, x: torch.exp(x)),
    "exp2": ("x", lambda p, x: torch.exp2(x)),
    "expm1": ("x", lambda p, x: torch.expm1(x)),
    "floor": ("x", lambda p, x: torch.floor(x)),
    "floor_divide": ("a b", lambda p, a, b: torch.div(a, b, rounding_mode="floor")),
    "fmod": ("a b", lambda p, a, b: torch.fmod(a, b)),
    "frac": ("x", lambda p, x: torch.frac(x)),
    "ge": ("a b", lambda p, a, b: a >= b),
    "gelu": ("x", lambda p, x: F.gelu(x)),
    "gelu_tanh": ("x", lambda p, x: F.gelu(x, approximate="tanh")),
    "gt": ("a b", lambda p, a, b: a > b),
    "hardshrink": ("x", lambda p, x: F.hardshrink(x, p[0])),
    "hardsigmoid": ("x", lambda p, x: F.hardsigmoid(x)),
    "hardswish": ("x", lambda p, x: F.hardswish(x)),
    "hardtanh": ("x", lambda p, x: F.hardtanh(x, p[0], p[1])),
    "heaviside": ("x v", lambda p, x, v: torch.heaviside(x, v)),
    "huber": ("x t", lambda p, x, t: F.huber_loss(x, t.expand_as(x), delta=p[0], **NONE)),
    "hypot": ("a b", lambda p, a, b: torch.hypot(a, b)),
    "isfinite": ("x", lambda p, x: torch.isfinite(x)),
    "isinf": ("x", lambda p, x: torch.isinf(x)),
    "isnan": ("x", lambda p, x: torch.isnan(x)),
    "kl_div": ("x t", lambda p, x, t: F.kl_div(x, t.expand_as(x), **NONE)),
    "le": ("a b", lambda p, a, b: a <= b),
    "leaky_relu": ("x", lambda p, x: F.leaky_relu(x, p[0])),
    "lerp": ("a b w", lambda p, a, b, w: torch.lerp(a, b, w)),
    "log": ("x", lambda p, x: torch.log(x)),
    "log10": ("x", lambda p, x: torch.log10(x)),
    "log1p": ("x", lambda p, x: torch.log1p(x)),
    "log2": ("x", lambda p, x: torch.log2(x)),
    "logaddexp": ("a b", lambda p, a, b: torch.logaddexp(a, b)),
    "logaddexp2": ("a b", lambda p, a, b: torch.logaddexp2(a, b)),
    "logical_and": ("a b", lambda p, a, b: torch.logical_and(a, b)),
    "logical_not": ("a", lambda p, a: torch.logical_not(a)),
    "logical_or": ("a b", lambda p, a, b: torch.logical_or(a, b)),
    "logical_xor": ("a b", lambda p, a, b: torch.logical_xor(a, b)),
    "logit": ("x", lambda p, x: torch.logit(x, p[0] if p[0] >= 0 else None)),
    "logsigmoid": ("x", lambda p, x: F.logsigmoid(x)),
    "lt": ("a b", lambda p, a, b: a < b),
    "maximum": ("a b", lambda p, a, b: torch.maximum(a, b)),
    "minimum": ("a b", lambda p, a, b: torch.minimum(a, b)),
    "mish": ("x", lambda p, x: F.mish(x)),
    "mul": ("a b", lambda p, a, b: a * b),
    "nan_to_num": ("x", lambda p, x: torch.nan_to_num(x, p[0], p[1], p[2])),
    "ne": ("a b", lambda p, a, b: a != b),
    "neg": ("x", lambda p, x: -x),
    "pow": ("a b", lambda p, a, b: torch.pow(a, b)),
    "prelu": ("x weight", lambda p, x, w: prelu(x, w)),
    "reciprocal": ("x", lambda p, x: torch.reciprocal(x)),
    "relu": ("x", lambda p, x: F.relu(x)),
    "relu6": ("x", lambda p, x: F.relu6(x)),
    "remainder": ("a b", lambda p, a, b: torch.remainder(a, b)),
    "round": ("x", lambda p, x: torch.round(x)),
    "rsqrt": ("x", lambda p, x: torch.rsqrt(x)),
    "selu": ("x", lambda p, x: F.selu(x)),
    "sigmoid": ("x", lambda p, x: torch.sigmoid(x)),
    "sign": ("x", lambda p, x: torch.sign(x)),
    "signbit": ("x", lambda p, x: torch.signbit(x)),
    "silu": ("x", lambda p, x: F.silu(x)),
    "sin": ("x", lambda p, x: torch.sin(x)),
    "sinc": ("x", lambda p, x: torch.sinc(x)),
    "sinh": ("x", lambda p, x: torch.sinh(x)),
    "smooth_l1": ("x t", lambda p, x, t: F.smooth_l1_loss(x, t.expand_as(x), beta=p[0], **NONE)),
    "softplus": ("x", lambda p, x: F.softplus(x, p[0], p[1])),
    "softshrink": ("x", lambda p, x: F.softshrink(x, p[0])),
    "softsign": ("x", lambda p, x: F.softsign(x)),
    "sqrt": ("x", lambda p, x: torch.sqrt(x)),
    "square": ("x", lambda p, x: torch.square(x)),
    "sub": ("a b", lambda p, a, b: a - b),
    "tan": ("x", lambda p, x: torch.tan(x)),
    "tanh": ("x", lambda p, x: torch.tanh(x)),
    "tanhshrink": ("x", lambda p, x: F.tanhshrink(x)),
    "threshold": ("x", lambda p, x: F.threshold(x, p[0], p[1])),
    "to_bool": ("x", lambda p, x: x.to(torch.bool)),
    "to_float": ("x", lambda p, x: x.to(torch.float32, copy=True)),
    "to_int": ("x", lambda p, x: x.to(torch.int32)),
    "trunc": ("x", lambda p, x: torch.trunc(x)),
    "where": ("m a b", lambda p, m, a, b: torch.where(m, a, b)),
    "xlogy": ("a b", lambda p, a, b: torch.xlogy(a, b)),
}

# Gradients of the output Y and of dY, in the order of our operands. They are the
# formulas of PyTorch's own derivatives.
BACKWARD = {
    "sigmoid_grad": lambda p, y, dy: aten.sigmoid_backward(dy, y),
    "tanh_grad": lambda p, y, dy: aten.tanh_backward(dy, y),
    "relu_grad": lambda p, y, dy: aten.threshold_backward(dy.expand_as(y), y, 0),
    "sqrt_grad": lambda p, y, dy: dy / (2 * y),
    "rsqrt_grad": lambda p, y, dy: -0.5 * dy * y.pow(3),
    "reciprocal_grad": lambda p, y, dy: -dy * (y * y),
    "tan_grad": lambda p, y, dy: dy * (1 + y.pow(2)),
    "exp2_grad": lambda p, y, dy: dy * y * math.log(2),
    "expm1_grad": lambda p, y, dy: dy * (y + 1),
    "div_grad_a": lambda p, b, dy: dy / b,
    "div_grad_b": lambda p, b, y, dy: -dy * (y / b),
    "where_grad_a": lambda p, m, dy: torch.where(m, dy, torch.zeros((), dtype=dy.dtype, device=dy.device)),
    "where_grad_b": lambda p, m, dy: torch.where(m, torch.zeros((), dtype=dy.dtype, device=dy.device), dy),
}


def prelu(x, w):
    if list(w.shape) != [x.shape[1]]:
        raise Lacks("prelu's weight is one, or one a channel")
    return F.prelu(x, w)


def build(op, attrs, names, operands):
    """The function that computes the op over the operands, absent ones None."""
    if op in STRUCTURAL:
        return STRUCTURAL[op](attrs or {}, *operands)
    p = attrs or [0, 0, 0, 0]
    if op in BACKWARD:
        f = BACKWARD[op]
        return lambda: f(p, *operands)
    if op in FORWARD:
        f = FORWARD[op][1]
        return lambda: f(p, *operands)
    base, grad, by = op.partition("_grad")
    if not grad or base not in FORWARD or "Y" in names:
        raise Lacks(f"no function for op {op}")
    return autograd(base, by.lstrip("_"), p, dict(zip(names, operands)))


def autograd(base, by, p, operands):
    """What autograd runs backward for one operand. An operand that the gradient
    doesn't depend on is 1 everywhere."""
    forward, f = FORWARD[base]
    dy = operands.pop("dY")
    by = by or forward
    full = torch.broadcast_shapes(dy.shape, *(x.shape for x in operands.values()))
    args = []
    for name in forward.split():
        x = operands.get(name)
        if x is None:
            x = torch.ones(full, device=dy.device)
        if name == by:
            x = x.expand(full).contiguous().requires_grad_()
            wanted = x
        args.append(x)
    try:
        y = f(p, *args)
        dy = dy.expand_as(y)
        torch.autograd.grad(y, wanted, dy, retain_graph=True)
    except RuntimeError as e:
        raise Lacks(f"no gradient of {base} by {by}: {str(e).splitlines()[0]}") from e
    return lambda: torch.autograd.grad(y, wanted, dy, retain_graph=True)[0]
