"""PyTorch as a peer of cmd/bench: JSON lines on standard input and output, as
cmd/bench/internal/peers describes them. torch_ops.py has its ops, torch_models.py
its models.

Devices are "cpu" and, where there is CUDA, "cuda", "cuda tf32", "cuda graphs" and
"cuda graphs tf32": eager or as one captured graph, float32 products exact or in
TF32.
"""

import ctypes
import json
import os
import sys
import time

# The folder has this file's name in it, which isn't the torch to import.
sys.dont_write_bytecode = True
here = sys.path.pop(0) or os.getcwd()
import torch  # noqa: E402

sys.path.append(here)
import torch_models  # noqa: E402
import torch_ops  # noqa: E402
from torch_ops import Lacks  # noqa: E402

DTYPES = {
    "float32": torch.float32, "float64": torch.float64, "float16": torch.float16, "bfloat16": torch.bfloat16,
    "int32": torch.int32, "int64": torch.int64, "bool": torch.bool,
}


def read(a, device):
    """The array's tensor; None for an absent one."""
    if a is None:
        return None
    with open(a["file"], "rb") as f:
        data = bytearray(f.read())
    if not data:
        return torch.empty(a["shape"], dtype=DTYPES[a["dtype"]], device=device)
    return torch.frombuffer(data, dtype=DTYPES[a["dtype"]]).reshape(a["shape"]).to(device)


def write(a, x):
    if list(x.shape) != a["shape"]:
        raise Lacks(f"gives {list(x.shape)}, not {a['shape']}")
    x = x.detach().to("cpu", DTYPES[a["dtype"]]).contiguous().reshape(-1)
    with open(a["file"], "wb") as f:
        f.write(bytes(x.view(torch.uint8).numpy().data) if x.dtype == torch.bfloat16 else x.numpy().tobytes())


def blas():
    """The OpenBLAS that PyTorch may have been linked with: it counts its threads itself."""
    found = []
    try:
        with open("/proc/self/maps") as f:
            paths = {line.split()[-1] for line in f if "blas" in line}
    except OSError:
        return found
    for path in paths:
        try:
            found.append(ctypes.CDLL(path).openblas_set_num_threads)
        except (OSError, AttributeError):
            pass
    return found


class Peer:
    def __init__(self):
        self.most = torch.get_num_threads()
        self.blas = blas()
        self.run_once = None
        self.cuda = False

    def hello(self, _):
        devices = ["cpu"]
        if torch.cuda.is_available():
            devices += ["cuda", "cuda tf32", "cuda graphs", "cuda graphs tf32"]
        return {"name": "PyTorch", "version": torch.__version__, "threads": self.most, "devices": devices}

    def threads(self, request):
        torch.set_num_threads(request["n"])
        for set_threads in self.blas:
            set_threads(request["n"])
        return {}

    def prepare(self, request):
        work = request["work"]
        self.cuda = work["device"].startswith("cuda")
        device = torch.device("cuda" if self.cuda else "cpu")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = "tf32" in work["device"]
        graphs = "graphs" in work["device"]
        self.run_once = None
        if work["kind"] == "op":
            run, out = self.op(work, device)
        else:
            run, out = self.model(work, device, graphs)
        for a, x in zip(work["out"], out):
            write(a, x)
        if len(out) != len(work["out"]):
            raise Lacks(f"gives {len(out)} results, not {len(work['out'])}")
        if graphs and not isinstance(run, torch_models.Training):
            run = captured(run)
        self.run_once = run
        return {}

    def op(self, work, device):
        names = [a and a["name"] for a in work["in"]]
        operands = [read(a, device) for a in work["in"]]
        run = torch_ops.build(work["op"], work.get("attrs"), names, operands)
        out = run()
        if isinstance(out, torch.Tensor):
            out = [out]
        return run, [x.clone() for x in out]

    def model(self, work, device, graphs):
        params = {a["name"]: read(a, device) for a in work["params"]}
        feeds = [read(a, device if work["kind"] == "infer" else "cpu") for a in work["feeds"]]
        if work["kind"] == "infer":
            run = torch_models.inference(work["name"], params, feeds, device)
            return run, [run().clone()]
        run = torch_models.Training(work["name"], params, feeds, work["lr"], device, graphs)
        losses = torch.stack([run().detach().clone() for _ in range(work["steps"])])
        return run, [losses]

    def run(self, request):
        if self.run_once is None:
            raise RuntimeError("run before prepare")
        run = self.run_once
        n = request["n"]
        if self.cuda:
            torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(n):
            run()
        if self.cuda:
            torch.cuda.synchronize()
        return {"seconds": time.perf_counter() - began}


def captured(run):
    """run as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            run()
    except RuntimeError as e:
        raise Lacks(f"no graph of it can be captured: {str(e).splitlines()[0]}") from e
    return graph.replay


def main():
    peer = Peer()
    answers = sys.stdout
    sys.stdout = sys.stderr  # what libraries print
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "close":
            return
        try:
            answer = getattr(peer, request["do"])(request)
        except Lacks as e:
            answer = {"lacks": str(e)}
        except Exception as e:  # the peer lives on and says what failed
            answer = {"error": f"{type(e).__name__}: {e}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
