"""The network `small` of ../convolution.rs in PyTorch, θ = 0: seconds for an epoch of 1000 images, batch 128.

    python torch_small.py [threads] [epochs]

Each residual layer is one forward Euler step of F = -y + 2 sigmoid(ϑ) * G(y), G = conv(relu(conv(relu(y)))), whose kernels
are divided by their norms on the image, by one power iteration a step.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional as f

threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
epochs = int(sys.argv[2]) if len(sys.argv) > 2 else 8
torch.set_num_threads(threads)
torch.manual_seed(0)


class Normalised(nn.Module):
    """A convolution of norm 1 at most on images of one size."""

    def __init__(self, channels, size):
        super().__init__()
        bound = (6 / (9 * 2 * channels)) ** 0.5
        self.weight = nn.Parameter(torch.empty(channels, channels, 3, 3).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.v = torch.randn(1, channels, size, size)
        for _ in range(100):
            self.iterate()

    @torch.no_grad()
    def iterate(self):
        u = f.conv2d(self.v, self.weight, padding=1)
        v = f.conv_transpose2d(u, self.weight, padding=1)
        self.v = v / v.norm()

    def forward(self, x):
        self.iterate()
        with torch.no_grad():
            u = f.conv2d(self.v, self.weight, padding=1)
            u = u / u.norm()
        norm = (u * f.conv2d(self.v, self.weight, padding=1)).sum()
        return f.conv2d(x, self.weight / norm.clamp(min=1.0), self.bias, padding=1)


class Block(nn.Module):
    def __init__(self, channels, size):
        super().__init__()
        self.inner, self.outer = Normalised(channels, size), Normalised(channels, size)
        self.theta = nn.Parameter(torch.zeros(channels, size, size))

    def forward(self, y):
        g = self.outer(f.relu(self.inner(f.relu(y))))
        return y + (-y + 2 * torch.sigmoid(self.theta) * g)


network = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1),
    Block(8, 28),
    nn.Conv2d(8, 16, 3, stride=2, padding=1),
    Block(16, 14),
    nn.Conv2d(16, 32, 3, stride=2, padding=1),
    Block(32, 7),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(32, 10),
)
images = (torch.rand(1000, 1, 28, 28) - 0.13) / 0.31
labels = torch.randint(0, 10, (1000,))
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
for epoch in range(epochs):
    start = time.perf_counter()
    for first in range(0, 1000, 128):
        optimizer.zero_grad()
        f.cross_entropy(network(images[first : first + 128]), labels[first : first + 128]).backward()
        optimizer.step()
    print(f"epoch {epoch}: {time.perf_counter() - start:.3f} s", flush=True)
