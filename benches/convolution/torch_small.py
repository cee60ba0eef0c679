"""Trains the network `small` of ../convolution.rs and examples/mnist with PyTorch, explicitly (θ = 0), and tells the seconds an epoch takes.

    OMP_NUM_THREADS=2 python benches/convolution/torch_small.py --threads 2

An epoch is 1000 images in batches of 128: forward, backward, Adam. 1x28x28 -> conv 3x3 1->8 -> block 8 -> conv stride 2 8->16 ->
block 16 -> conv stride 2 16->32 -> block 32 -> ReLU, mean over pixels -> 32->10. A block is y + F(y), where F is
-y + 2 S(theta) * G(y) (F_{-3,1}) with G = conv ReLU conv ReLU, its convolutions divided by their norms on their image size, by one
power iteration a step (`--no-normalisation` leaves that out, `--plain` is y + G(y)). Without the penalty of the divergence.
Timed beside ours in one run only: machines differ, ratios hold.
"""

import argparse
import gzip
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PARSER = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
PARSER.add_argument("--threads", type=int, default=1)
PARSER.add_argument("--epochs", type=int, default=10, help="timed, after two to warm up")
PARSER.add_argument("--batch", type=int, default=128)
PARSER.add_argument("--no-normalisation", action="store_true", help="convolutions as they are")
PARSER.add_argument("--plain", action="store_true", help="y + G(y), as in an ordinary residual network")
PARSER.add_argument("--data", default="examples/data/mnist/train-1000")


class Convolution(nn.Module):
    """3x3, padding 1, divided by its norm on images of `size` pixels squared where that is above 1."""

    def __init__(self, channels, size, normalised):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(channels))
        nn.init.xavier_uniform_(self.weight)
        self.normalised = normalised
        self.register_buffer("right", F.normalize(torch.randn(1, channels, size, size), dim=(1, 2, 3)))

    def forward(self, x):
        weight = self.weight
        if self.normalised:
            with torch.no_grad():
                left = F.normalize(F.conv2d(self.right, weight, padding=1), dim=(1, 2, 3))
                self.right = F.normalize(F.conv_transpose2d(left, weight, padding=1), dim=(1, 2, 3))
            norm = (left * F.conv2d(self.right, weight, padding=1)).sum()
            weight = weight / norm.clamp(min=1.0)
        return F.conv2d(x, weight, self.bias, padding=1)


class Block(nn.Module):
    """y + F(y): a step of forward Euler."""

    def __init__(self, channels, size, options):
        super().__init__()
        self.first = Convolution(channels, size, not options.no_normalisation)
        self.second = Convolution(channels, size, not options.no_normalisation)
        self.plain = options.plain
        self.scale = nn.Parameter(torch.zeros(channels, size, size))

    def forward(self, y):
        inner = self.second(F.relu(self.first(F.relu(y))))
        return y + inner if self.plain else 2.0 * torch.sigmoid(self.scale) * inner


class Pooled(nn.Module):
    def forward(self, y):
        return F.relu(y).mean(dim=(2, 3))


def small(options):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), Block(8, 28, options),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), Block(16, 14, options),
        nn.Conv2d(16, 32, 3, stride=2, padding=1), Block(32, 7, options),
        Pooled(), nn.Linear(32, 10),
    )


def read(options):
    def array(name, offset):
        with gzip.open(f"{options.data}-{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    images = array("images-idx3", 16).reshape(-1, 1, 28, 28).astype(np.float32) / 255.0
    return (torch.from_numpy(images) - 0.1307) / 0.3081, torch.from_numpy(array("labels-idx1", 8).astype(np.int64))


def main():
    options = PARSER.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    images, labels = read(options)
    network = small(options)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    seconds = []
    for epoch in range(options.epochs + 2):
        begun, total = time.perf_counter(), 0.0
        for batch in torch.randperm(len(images)).split(options.batch):
            loss = F.cross_entropy(network(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        seconds.append(time.perf_counter() - begun)
    count = sum(p.numel() for p in network.parameters())
    print(f"torch {torch.__version__}, {options.threads} threads, {count} parameters, loss {total / len(images):.4f}")
    print(f"seconds an epoch: {statistics.median(seconds[2:]):.3f} (least {min(seconds[2:]):.3f})")


if __name__ == "__main__":
    main()
