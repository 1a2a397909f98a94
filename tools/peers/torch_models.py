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


class CharLSTM(nn.Module):
    def __init__(self, layers=1):
        super().__init__()
        self.embed, self.lstm, self.out = nn.Embedding(64, 64), nn.LSTM(64, 256, layers), nn.Linear(256, 64)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


MODELS = {"mlp": MLP, "cnn": CNN, "charlstm": CharLSTM}


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
