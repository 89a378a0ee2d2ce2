using FlDurable.Shared.Networks;
using TorchSharp;

namespace FlDurable.TorchEngine;

/// <summary>A module of one's own for a network.</summary>
/// <param name="Network">The network; where it is an <see cref="OpaqueModule"/>, no other engine can train it.</param>
/// <param name="Create">
/// Makes the module, once for each client and each part of an evaluation, on several threads at once: from images
/// <c>[n, channels, height, width]</c> of −1 to 1 to logits <c>[n, classes]</c>. Its named parameters are the network's layout; their
/// initial values don't matter.
/// </param>
public sealed record TorchModule(Network Network, Func<torch.nn.Module<torch.Tensor, torch.Tensor>> Create);
