"""Optimizer ops: one step over one parameter, from the states given."""

import torch


def stepping(make, states):
    """make gives the optimizer of a parameter and a rate; states names, in our
    order, what PyTorch keeps for a parameter."""

    def built(a, p, g, *rest):
        kept, (lr, t) = rest[: len(states)], rest[len(states) :][:2]
        p = torch.nn.Parameter(p)
        p.grad = g.reshape(p.shape)
        opt = make(a, [p], float(lr))
        state = {name: s.reshape(p.shape) for name, s in zip(states, kept)}
        opt.state[p] = {"step": t.reshape(-1)[0].float().cpu() - 1, **state}

        def run():
            opt.step()
            return [p.data, *state.values()]

        return run

    return built


def adam(a, params, lr):
    kind = torch.optim.AdamW if a["Decoupled"] else torch.optim.Adam
    return kind(params, lr, (a["Beta1"], a["Beta2"]), a["Eps"], a["WeightDecay"])


def sgd(a, params, lr):
    return torch.optim.SGD(params, lr, a["Momentum"], a["Dampening"], a["WeightDecay"], a["Nesterov"])


def adagrad(a, params, lr):
    return torch.optim.Adagrad(params, lr, a["V"][0], a["V"][2], 0, a["V"][1])


def adadelta(a, params, lr):
    return torch.optim.Adadelta(params, lr, a["V"][0], a["V"][1], a["V"][2])


def adamax(a, params, lr):
    return torch.optim.Adamax(params, lr, (a["V"][0], a["V"][1]), a["V"][2], a["V"][3])


def rmsprop(a, params, lr):
    return torch.optim.RMSprop(params, lr, a["V"][0], a["V"][1], a["V"][2])


def radam(a, params, lr):
    return torch.optim.RAdam(params, lr, (a["V"][0], a["V"][1]), a["V"][2], a["V"][3])


def rprop(a, params, lr):
    return torch.optim.Rprop(params, lr, (a["V"][0], a["V"][1]), (a["V"][2], a["V"][3]))


OPTIMIZERS = {
    "adam": stepping(adam, ["exp_avg", "exp_avg_sq"]),
    "sgd": stepping(sgd, ["momentum_buffer"]),
    "adagrad": stepping(adagrad, ["sum"]),
    "adadelta": stepping(adadelta, ["square_avg", "acc_delta"]),
    "rprop": stepping(rprop, ["prev", "step_size"]),
    "rmsprop": stepping(rmsprop, ["square_avg"]),
    "radam": stepping(radam, ["exp_avg", "exp_avg_sq"]),
    "adamax": stepping(adamax, ["exp_avg", "exp_inf"]),
}
