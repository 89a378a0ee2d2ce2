using FlDurable.Shared.Networks;

namespace OwnNamespace;

/// <summary>Networks as data: their input and the last layer's outputs follow the images and their classes.</summary>
public static class OwnNetworks
{
    public static NetworkPlan Narrow { get; } = new(
        "narrow", Conv2d.Plan("conv", 4, kernel: 3), ReLU.Plan, MaxPool2d.Plan(2), Flatten.Plan, Linear.Plan("fc"));
}
