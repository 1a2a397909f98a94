"""Ops of the table that aren't elementwise: each function takes the attributes and
the operands, and gives what computes the op."""

import torch
from torch.nn import functional as F

from torch_optim import OPTIMIZERS

aten = torch.ops.aten


class Lacks(Exception):
    """PyTorch has no function for it."""


def ints(v):
    return v["V"][: v["N"]]


def refuse(says):
    def built(*_):
        raise Lacks(says)

    return built


def reduced(f, one_axis=False):
    def built(a, x):
        axes, keep = ints(a["Axes"]), a["Keep"]
        if not axes or len(axes) == x.dim():
            x = x.reshape(-1)
            axes, keep = [0], False
        if one_axis:
            if len(axes) > 1:
                raise Lacks("one axis only")
            axes = axes[0]
        return lambda: f(a, x, axes, keep)

    return built


def scanned(f):
    def built(a, x):
        if a["Reverse"] or a["Exclusive"]:
            raise Lacks("neither from the end nor exclusive")
        return lambda: f(x, a["Axis"])

    return built


def fixed(f):
    """Operands and attributes are ready; f runs as it is."""

    def built(a, *operands):
        return lambda: f(a, *operands)

    return built


def matmul(a, x, y):
    x = x.transpose(-1, -2) if a["TransA"] else x
    y = y.transpose(-1, -2) if a["TransB"] else y
    return lambda: torch.matmul(x, y)


def conv(rank):
    f = F.conv2d if rank == 2 else F.conv3d

    def built(a, x, w):
        even(a)
        return lambda: f(x, w, None, a["Stride"], a["Padding"], a["Dilation"], a["Groups"])

    return built


def even(a):
    if any(a["PadMore"]):
        raise Lacks("both sides are padded alike")


def conv_data(a, dy, w):
    even(a)
    x = torch.empty([dy.shape[0], w.shape[1] * a["Groups"], *a["Size"]], device=dy.device)
    return conv_backward(a, dy, x, w, 0)


def conv_weight(a, x, dy):
    even(a)
    w = torch.empty([dy.shape[1], x.shape[1] // a["Groups"], *a["Size"]], device=dy.device)
    return conv_backward(a, dy, x, w, 1)


def conv_backward(a, dy, x, w, which):
    mask = [which == i for i in range(3)]
    none = [0] * len(a["Stride"])
    return lambda: aten.convolution_backward(
        dy, x, w, None, a["Stride"], a["Padding"], a["Dilation"], False, none, a["Groups"], mask
    )[which]


def max_pool(f):
    def built(a, x):
        if any(a.get("Adaptive", [])):
            return adaptive(a, F.adaptive_max_pool3d, x)
        return lambda: f(x, a["Kernel"], a["Stride"], a["Padding"], a["Dilation"], a["Ceil"])

    return built


def adaptive(a, f, x):
    return lambda: f(x, a["Adaptive"])


def max_pool_grad(f):
    def built(a, dy, idx):
        x = torch.empty([*dy.shape[:2], *a["Size"]], device=dy.device)
        idx = idx.long()
        if any(a.get("Adaptive", [])):
            return lambda: aten.adaptive_max_pool3d_backward(dy, x, idx)
        return lambda: f(dy, x, a["Kernel"], a["Stride"], a["Padding"], a["Dilation"], a["Ceil"], idx)

    return built


def avg_pool(f):
    def built(a, x):
        if any(a.get("Adaptive", [])):
            return adaptive(a, F.adaptive_avg_pool3d, x)
        return lambda: f(x, a["Kernel"], a["Stride"], a["Padding"], a["Ceil"], a["CountIncludePad"], a["Divisor"] or None)

    return built


def avg_pool_grad(f):
    def built(a, dy):
        x = torch.empty([*dy.shape[:2], *a["Size"]], device=dy.device)
        if any(a.get("Adaptive", [])):
            return lambda: aten._adaptive_avg_pool3d_backward(dy, x)
        return lambda: f(dy, x, a["Kernel"], a["Stride"], a["Padding"], a["Ceil"], a["CountIncludePad"], a["Divisor"] or None)

    return built


# What a norm's mean is over, as the table's Over counts.
LAYER, RMS, GROUP, INSTANCE, BATCH = range(5)


def norm(a, x, w=None, b=None):
    eps = a["Eps"]
    over = a["Over"]
    if over == LAYER:
        return lambda: F.layer_norm(x, x.shape[-a["N"] :], w, b, eps)
    if over == GROUP:
        return lambda: F.group_norm(x, a["N"], w, b, eps)
    if over == INSTANCE:
        return lambda: F.instance_norm(x, weight=w, bias=b, eps=eps)
    if over == BATCH:
        return lambda: F.batch_norm(x, None, None, w, b, True, 0.0, eps)
    if not hasattr(F, "rms_norm"):
        raise Lacks("this version has no rms_norm")
    return lambda: F.rms_norm(x, x.shape[-a["N"] :], w, eps)


def norm_backward(a, x, dy, rstd, mean, w, which):
    mask = [which == i for i in range(3)]
    over = a["Over"]
    if mean is None or over not in (LAYER, GROUP, BATCH):
        raise Lacks("no backward function of this norm takes its statistics")
    if over == LAYER:
        shape = list(x.shape[-a["N"] :])
        rows = [*x.shape[: -a["N"]], *[1] * a["N"]]
        w = torch.ones(shape, device=x.device) if w is None else w
        m, r = mean.reshape(rows), rstd.reshape(rows)
        return lambda: aten.native_layer_norm_backward(dy, x, shape, m, r, w, torch.zeros_like(w), mask)[which]
    c = x.shape[1]
    w = torch.ones([c], device=x.device) if w is None else w
    if over == GROUP:
        n, rest, g = x.shape[0], x[0, 0].numel(), a["N"]
        m, r = mean.reshape(n, g), rstd.reshape(n, g)
        return lambda: aten.native_group_norm_backward(dy, x, m, r, w, n, c, rest, g, mask)[which]
    return lambda: aten.native_batch_norm_backward(dy, x, w, None, None, mean, rstd, True, a["Eps"], mask)[which]


def recurrence(cell):
    """The steps one after the other. PyTorch's own functions take the input and its
    weights, not their product; what they run on the CPU is this too."""

    def built(a, gx, whh, *rest):
        if a["Reverse"]:
            raise Lacks("the steps are written forward only")
        wt = whh.t()
        steps = gx.unbind(0)

        def run():
            with torch.no_grad():
                return cell(a, steps, wt, *rest)

        return run

    return built


def lstm(_, steps, wt, h, c):
    ys = []
    for x in steps:
        i, f, g, o = torch.addmm(x, h, wt).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        ys.append(h)
    return torch.stack(ys)


def gru(_, steps, wt, h, b=None):
    ys = []
    for x in steps:
        a = h @ wt if b is None else torch.addmm(b, h, wt)
        (xr, xz, xn), (ar, az, an) = x.chunk(3, 1), a.chunk(3, 1)
        z = torch.sigmoid(xz + az)
        n = torch.tanh(xn + torch.sigmoid(xr + ar) * an)
        h = n + z * (h - n)
        ys.append(h)
    return torch.stack(ys)


def rnn(a, steps, wt, h):
    act = torch.relu if a["Relu"] else torch.tanh
    ys = []
    for x in steps:
        h = act(torch.addmm(x, h, wt))
        ys.append(h)
    return torch.stack(ys)


def cut(a, shape):
    """The slice's index."""
    start = ints(a["Start"]) or [0] * len(shape)
    step = ints(a["Step"]) or [1] * len(shape)
    if min(step) < 1:
        raise Lacks("steps go forward only")
    return tuple(slice(b, b + (n - 1) * s + 1, s) for b, n, s in zip(start, shape, step))


def slice_op(a, x):
    index = cut(a, ints(a["Size"]))
    return lambda: x[index].contiguous()


def slice_grad(a, dy):
    index, shape = cut(a, list(dy.shape)), ints(a["Shape"])

    def run():
        dx = torch.zeros(shape, dtype=dy.dtype, device=dy.device)
        dx[index] = dy
        return dx

    return run


def pad(a, x):
    both = [n for pair in zip(ints(a["Before"]), ints(a["After"])) for n in pair]
    sides = [n for i in range(len(both) - 2, -1, -2) for n in both[i : i + 2]]
    return lambda: F.pad(x, sides, value=a["Value"])


def scatter(a, x, idx, src):
    idx = idx.long()
    held = a["Size"] if x is None else x.shape[a["Axis"]]
    if idx.numel() and (idx.min() < 0 or idx.max() >= held):
        raise Lacks("indexes outside are an error")
    if x is None:
        shape = list(idx.shape)
        shape[a["Axis"]] = a["Size"]
        x = torch.zeros(shape, device=src.device)
    if a["Reduce"] == "add":
        return lambda: torch.scatter_add(x, a["Axis"], idx, src)
    if a["Reduce"]:
        how = "prod" if a["Reduce"] == "mul" else a["Reduce"]
        return lambda: torch.scatter_reduce(x, a["Axis"], idx, src, how)
    raise Lacks("which of equal indexes is set isn't said")


def with_index(f):
    def built(a, x, idx):
        idx = idx.long()
        if idx.numel() and (idx.min() < 0 or idx.max() >= x.shape[a["Axis"]]):
            raise Lacks("indexes outside are an error")
        return lambda: f(a, x, idx)

    return built


# The table's dtypes, as its attributes count them.
NUMBERED = [None, torch.float32, torch.float64, torch.int32, torch.bool, torch.float16, torch.bfloat16, torch.int64]

CONSISTENT = refuse("PyTorch's backward computes the forward results that this op is given")
OWN_DRAW = refuse("other random numbers can't be held to ours")

STRUCTURAL = {
    **OPTIMIZERS,
    "amax": reduced(lambda a, x, d, k: torch.amax(x, d, k)),
    "amin": reduced(lambda a, x, d, k: torch.amin(x, d, k)),
    "argmax": reduced(lambda a, x, d, k: torch.argmax(x, d, k), one_axis=True),
    "argmin": reduced(lambda a, x, d, k: torch.argmin(x, d, k), one_axis=True),
    "avg_pool2d": avg_pool(F.avg_pool2d),
    "avg_pool2d_grad": avg_pool_grad(aten.avg_pool2d_backward),
    "avg_pool3d": avg_pool(F.avg_pool3d),
    "avg_pool3d_grad": avg_pool_grad(aten.avg_pool3d_backward),
    "batch_norm": norm,
    "batch_norm_grad": CONSISTENT,
    "cast": fixed(lambda a, x: x.to(NUMBERED[a["To"]], copy=True)),
    "concat": lambda a, *x: lambda: torch.cat(x, a["Axis"]),
    "conv2d": conv(2),
    "conv2d_data": conv_data,
    "conv2d_weight": conv_weight,
    "conv3d": conv(3),
    "conv3d_data": conv_data,
    "conv3d_weight": conv_weight,
    "cross_entropy": lambda a, x, y: (lambda y: lambda: F.cross_entropy(x, y, ignore_index=a["IgnoreIndex"], reduction="none"))(y.long()),
    "cross_entropy_grad": CONSISTENT,
    "ctc_loss": fixed(lambda a, x, l, n, m: F.ctc_loss(x, l, n, m, a["Blank"], "none", a["ZeroInfinity"])),
    "cummax_index": scanned(lambda x, d: torch.cummax(x, d)[1]),
    "cummin_index": scanned(lambda x, d: torch.cummin(x, d)[1]),
    "cumprod": scanned(torch.cumprod),
    "cumsum": scanned(torch.cumsum),
    "dropout": OWN_DRAW,
    "embedding": lambda a, t, i: (lambda i: lambda: F.embedding(i, t))(i.long()),
    "embedding_grad": lambda a, i, dy: (lambda i: lambda: aten.embedding_dense_backward(dy, i, a["Rows"], -1, False))(i.long()),
    "expand": fixed(lambda a, x: x.expand(ints(a["Shape"])).contiguous()),
    "gather": with_index(lambda a, x, i: torch.gather(x, a["Axis"], i)),
    "group_norm": norm,
    "gru": recurrence(gru),
    "index_select": with_index(lambda a, x, i: torch.index_select(x, a["Axis"], i)),
    "instance_norm": norm,
    "layer_norm": norm,
    "log_softmax": fixed(lambda a, x: torch.log_softmax(x, a["Axis"])),
    "log_softmax_grad": fixed(lambda a, y, dy: aten._log_softmax_backward_data(dy, y, a["Axis"], y.dtype)),
    "logsumexp": reduced(lambda a, x, d, k: torch.logsumexp(x, d, k)),
    "lstm": recurrence(lstm),
    "matmul": matmul,
    "max_pool2d": max_pool(F.max_pool2d),
    "max_pool2d_grad": max_pool_grad(aten.max_pool2d_with_indices_backward),
    "max_pool3d": max_pool(F.max_pool3d),
    "max_pool3d_grad": max_pool_grad(aten.max_pool3d_with_indices_backward),
    "mean": reduced(lambda a, x, d, k: torch.mean(x, d, k)),
    "norm_grad": lambda a, x, dy, r, w=None, m=None: norm_backward(a, x, dy, r, m, w, 0),
    "norm_weight_grad": lambda a, x, dy, r, m=None: norm_backward(a, x, dy, r, m, None, 1),
    "normal": OWN_DRAW,
    "pad": pad,
    "permute": fixed(lambda a, x: x.permute(ints(a["Perm"])).contiguous()),
    "prod": reduced(lambda a, x, d, k: torch.prod(x, d, k), one_axis=True),
    "remainder_grad_b": CONSISTENT,
    "rms_norm": norm,
    "rnn": recurrence(rnn),
    "scatter": scatter,
    "searchsorted": fixed(lambda a, s, v: torch.searchsorted(s, v, right=a["Right"], out_int32=True)),
    "slice": slice_op,
    "slice_grad": slice_grad,
    "softmax": fixed(lambda a, x: torch.softmax(x, a["Axis"])),
    "softmax_grad": fixed(lambda a, y, dy: aten._softmax_backward_data(dy, y, a["Axis"], y.dtype)),
    "sort": fixed(lambda a, x: torch.sort(x, stable=True, dim=a["Axis"], descending=a["Descending"])),
    "sum": reduced(lambda a, x, d, k: torch.sum(x, d, k)),
    "topk": fixed(lambda a, x: torch.topk(x, a["K"], a["Axis"], a["Descending"])),
    "uniform": OWN_DRAW,
    "var": reduced(lambda a, x, d, k: torch.var(x, d, correction=a["Correction"], keepdim=k)),
}
