"""The models of cmd/bench's training and inference rows, in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F

from torch_ops import Lacks


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.out = nn.Linear(784, 256), nn.Linear(256, 10)

    def forward(self, x):
        return self.out(F.relu(self.hidden(x)))


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
        self.hidden, self.out = nn.Linear(3136, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.out(F.relu(self.hidden(x.flatten(1))))


class Words(nn.Module):
    def __init__(self, num, dim):
        super().__init__()
        self.table = nn.Embedding(num, dim)

    def forward(self, x):
        return self.table(x)


class CharLSTM(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.embed, self.lstm, self.out = Words(64, 64), nn.LSTM(64, 256, layers), nn.Linear(256, 64)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


class Seq2Seq(nn.Module):
    """An encoder, and a decoder that looks back at it by attention; x [from + to, N]."""

    def __init__(self):
        super().__init__()
        self.source, self.target = Words(1000, 128), Words(1000, 128)
        self.encoder, self.decoder = nn.LSTM(128, 256), nn.LSTM(128, 256)
        self.join, self.out = nn.Linear(512, 256), nn.Linear(256, 1000)

    def forward(self, x):
        keys, state = self.encoder(self.source(x[:16]))
        y, _ = self.decoder(self.target(x[16:]), state)
        q, k = y.transpose(0, 1), keys.transpose(0, 1)
        weights = torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, -1)
        return self.out(torch.tanh(self.join(torch.cat([y, (weights @ k).transpose(0, 1)], 2))))


class Places(nn.Module):
    def __init__(self, length, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, dim))


class Transformer(nn.Module):
    """Tells the next of tokens [N, L]."""

    def __init__(self):
        super().__init__()
        self.embed, self.places = Words(64, 128), Places(64, 128)
        layer = {"dropout": 0.0, "norm_first": True, "batch_first": True}
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(128, 4, 512, **layer) for _ in range(2))
        self.norm, self.out = nn.LayerNorm(128), nn.Linear(128, 64)
        self.register_buffer("later", torch.ones(64, 64).triu(1).bool(), persistent=False)

    def forward(self, x):
        x = self.embed(x) + self.places.weight
        for block in self.blocks:
            x = block(x, self.later)
        return self.out(self.norm(x))


class Block(nn.Module):
    def __init__(self, n, out):
        super().__init__()
        step = 1 if n == out else 2
        self.conv1, self.norm1 = nn.Conv2d(n, out, 3, step, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.norm2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        self.down = nn.Sequential()
        if step > 1:
            self.down = nn.Sequential(nn.Conv2d(n, out, 1, 2, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.down(x))


class ResNet18(nn.Module):
    def __init__(self, image, classes):
        super().__init__()
        self.image = image
        self.conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False) if image else nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(64)
        widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
        self.blocks = nn.Sequential(*(Block(n, out) for n, out in zip(widths, widths[1:])))
        self.out = nn.Linear(512, classes)

    def forward(self, x):
        x = F.relu(self.norm(self.conv(x)))
        if self.image:
            x = F.max_pool2d(x, 3, 2, 1)
        return self.out(F.adaptive_avg_pool2d(self.blocks(x), 1).flatten(1))


MODELS = {
    "mlp": MLP,
    "cnn": CNN,
    "charlstm": lambda: CharLSTM(1),
    "charlstm2": lambda: CharLSTM(2),
    "seq2seq": Seq2Seq,
    "transformer": Transformer,
    "resnet18-32": lambda: ResNet18(False, 10),
    "resnet18-224": lambda: ResNet18(True, 1000),
}


def model(name, params, device):
    short = name.split("/", 1)[1]
    if short not in MODELS:
        raise Lacks(f"no model {short} is written for PyTorch")
    m = MODELS[short]().to(device)
    m.load_state_dict(params)
    return m


def loss_of(logits, y):
    """The mean over all classified places; classes stand last."""
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))


def inference(name, params, feeds, device):
    m = model(name, params, device).eval()
    x = feeds[0].long() if feeds[0].dtype == torch.int32 else feeds[0]

    def run():
        with torch.inference_mode():
            return m(x)

    return run


class Training:
    """A step a call: upload of the next batch, forward, backward, Adam's update."""

    def __init__(self, name, params, feeds, lr, device, graphs):
        self.model = model(name, params, device).train()
        options = {"capturable": True} if graphs else {}
        self.opt = torch.optim.Adam(self.model.parameters(), lr=lr, **options)
        long = [f.long() if f.dtype == torch.int32 else f for f in feeds]
        if device.type == "cuda":
            long = [f.pin_memory() for f in long]
        self.batches = list(zip(long[::2], long[1::2]))
        self.device, self.turn, self.graph = device, 0, None
        if graphs:
            self.capture()

    def step(self, x, y):
        self.opt.zero_grad(set_to_none=True)
        loss = loss_of(self.model(x), y)
        loss.backward()
        self.opt.step()
        return loss

    def __call__(self):
        x, y = self.batches[self.turn % len(self.batches)]
        self.turn += 1
        if self.graph is not None:
            self.x.copy_(x, non_blocking=True)
            self.y.copy_(y, non_blocking=True)
            self.graph.replay()
            return self.loss
        if self.device.type == "cuda":
            x, y = x.to(self.device, non_blocking=True), y.to(self.device, non_blocking=True)
        return self.step(x, y)

    def capture(self):
        """A graph of the step; what warming up changed is put back."""
        first = [p.detach().clone() for p in self.model.parameters()]
        self.x, self.y = (f.to(self.device) for f in self.batches[0])
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.step(self.x, self.y)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self.opt.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.loss = self.step(self.x, self.y)
        with torch.no_grad():
            for p, was in zip(self.model.parameters(), first):
                p.copy_(was)
            for state in self.opt.state.values():
                for v in state.values():
                    v.zero_()
        self.graph = graph
