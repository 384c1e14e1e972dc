"""SchNet with an output for every atom, as Natrium trains it (SchNetPack 1.0.0): the same layers under the same names."""

import math

import torch
from torch import nn
from torch.nn import functional


class Dense(nn.Linear):
    """A linear layer and the shifted softplus, ln(0.5 exp(x) + 0.5)."""

    def forward(self, x):
        return functional.softplus(super().forward(x)) - math.log(2)


class Convolution(nn.Module):
    def __init__(self, basis, filters):
        super().__init__()
        self.in2f = nn.Linear(basis, filters, bias=False)
        self.f2out = Dense(filters, basis)

    def forward(self, x, filters, receivers, senders):
        messages = self.in2f(x)[senders] * filters
        gathered = messages.new_zeros(len(x), messages.shape[1]).index_add(0, receivers, messages)
        return self.f2out(gathered)


class Interaction(nn.Module):
    def __init__(self, basis, filters, gaussians):
        super().__init__()
        self.filter_network = nn.Sequential(Dense(gaussians, filters), nn.Linear(filters, filters))
        self.cfconv = Convolution(basis, filters)
        self.dense = nn.Linear(basis, basis)

    def forward(self, x, expanded, cutoffs, receivers, senders):
        filters = self.filter_network(expanded) * cutoffs[:, None]
        return self.dense(self.cfconv(x, filters, receivers, senders))


class Representation(nn.Module):
    def __init__(self, basis, filters, gaussians, interactions, cutoff):
        super().__init__()
        self.cutoff = cutoff
        self.register_buffer("centres", torch.linspace(0, cutoff, gaussians), persistent=False)
        self.embedding = nn.Embedding(100, basis, padding_idx=0)
        self.interactions = nn.ModuleList(Interaction(basis, filters, gaussians) for _ in range(interactions))

    def expand(self, distances):
        """Gaussians of the distances, as wide as they are apart."""
        coefficient = -0.5 / (self.centres[1] - self.centres[0]) ** 2
        return torch.exp(coefficient * (distances[..., None] - self.centres) ** 2)

    def cosine_cutoff(self, distances):
        return 0.5 * (torch.cos(distances * (math.pi / self.cutoff)) + 1) * (distances < self.cutoff)

    def forward(self, atomic_numbers, distances, receivers, senders):
        expanded, cutoffs = self.expand(distances), self.cosine_cutoff(distances)
        x = self.embedding(atomic_numbers)
        for interaction in self.interactions:
            x = x + interaction(x, expanded, cutoffs, receivers, senders)
        return x


class Output(nn.Module):
    def __init__(self, basis):
        super().__init__()
        self.out_net = nn.Sequential(Dense(basis, basis // 2), nn.Linear(basis // 2, 1))

    def forward(self, x):
        return self.out_net(x).squeeze(-1)


class SchNet(nn.Module):
    def __init__(self, basis=128, filters=128, gaussians=25, interactions=2, cutoff=6.0):
        super().__init__()
        self.representation = Representation(basis, filters, gaussians, interactions, cutoff)
        self.output = Output(basis)

    def forward(self, atomic_numbers, positions, receivers, senders):
        """One output an atom. Positions in Å; edges as of `edges`."""
        distances = torch.linalg.norm(positions[senders] - positions[receivers], dim=1)
        return self.output(self.representation(atomic_numbers, distances, receivers, senders))


def edges(positions, cutoff):
    """All ordered pairs of atoms of one cluster nearer than the cutoff: indices of receivers and of senders."""
    near = torch.cdist(positions, positions, compute_mode="donot_use_mm_for_euclid_dist") < cutoff
    return torch.nonzero(near.fill_diagonal_(False), as_tuple=True)
