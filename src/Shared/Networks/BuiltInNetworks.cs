namespace FlDurable.Shared.Networks;

/// <summary>The networks that every host has.</summary>
public static class BuiltInNetworks
{
    /// <summary>What the tutorials' networks are made for, CIFAR-10's images: 3×32×32.</summary>
    public static ImageShape Cifar10Shape { get; } = new(3, 32, 32);

    /// <summary>The number of CIFAR-10's classes.</summary>
    public const int Cifar10Classes = 10;

    private const int NormGroups = 8;

    internal static IReadOnlyList<NetworkPlan> All { get; } = [Cifar10Cnn(), FedAvgCnn(), Mlp(), LeNet5(), ResNet8()];

    /// <summary>The small CNN of PyTorch's CIFAR-10 tutorial and of Flower's: 62,006 parameters there.</summary>
    private static NetworkPlan Cifar10Cnn() => new(
        "cifar10-cnn",
        Conv2d.Plan("conv1", 6, kernel: 5), ReLU.Plan, MaxPool2d.Plan(2),
        Conv2d.Plan("conv2", 16, kernel: 5), ReLU.Plan, MaxPool2d.Plan(2),
        Flatten.Plan,
        Linear.Plan("fc1", 120), ReLU.Plan,
        Linear.Plan("fc2", 84), ReLU.Plan,
        Linear.Plan("fc3"));

    /// <summary>
    /// The CNN with which McMahan et al. 2017 (Communication-Efficient Learning of Deep Networks from Decentralized Data, §3) introduce
    /// federated averaging: 1,663,370 parameters on MNIST's images as there, 2,156,490 on CIFAR-10's.
    /// </summary>
    private static NetworkPlan FedAvgCnn() => new(
        "fedavg-cnn",
        Conv2d.Plan("conv1", 32, kernel: 5, padding: 2), ReLU.Plan, MaxPool2d.Plan(2),
        Conv2d.Plan("conv2", 64, kernel: 5, padding: 2), ReLU.Plan, MaxPool2d.Plan(2),
        Flatten.Plan,
        Linear.Plan("fc1", 512), ReLU.Plan,
        Linear.Plan("fc2"));

    /// <summary>
    /// Two hidden layers of 200: the "2NN" of McMahan et al. 2017, 199,210 parameters on MNIST's images as there, 656,810 on CIFAR-10's.
    /// </summary>
    private static NetworkPlan Mlp() => new(
        "mlp",
        Flatten.Plan,
        Linear.Plan("fc1", 200), ReLU.Plan,
        Linear.Plan("fc2", 200), ReLU.Plan,
        Linear.Plan("fc3"));

    /// <summary>
    /// LeNet-5 (LeCun et al. 1998) as it is trained today, with rectifiers and max-pooling: 61,706 parameters on MNIST's images, 83,126 on
    /// CIFAR-10's.
    /// </summary>
    private static NetworkPlan LeNet5() => new(
        "lenet5",
        Conv2d.Plan("conv1", 6, kernel: 5, padding: 2), ReLU.Plan, MaxPool2d.Plan(2),
        Conv2d.Plan("conv2", 16, kernel: 5), ReLU.Plan, MaxPool2d.Plan(2),
        Flatten.Plan,
        Linear.Plan("fc1", 120), ReLU.Plan,
        Linear.Plan("fc2", 84), ReLU.Plan,
        Linear.Plan("fc3"));

    /// <summary>
    /// A residual network (He et al. 2016) of eight layers, with group instead of batch normalisation, since clients' batches are not alike
    /// (Hsieh et al. 2020): 77,850 parameters on CIFAR-10's images.
    /// </summary>
    private static NetworkPlan ResNet8() => new(
        "resnet8-gn",
        Conv2d.Plan("conv", 16, kernel: 3, padding: 1, bias: false), GroupNorm.Plan("norm", NormGroups), ReLU.Plan,
        Residual.Plan("stage1", BlockOf(16, stride: 1)), ReLU.Plan,
        Residual.Plan("stage2", BlockOf(32, stride: 2), Projection(32)), ReLU.Plan,
        Residual.Plan("stage3", BlockOf(64, stride: 2), Projection(64)), ReLU.Plan,
        GlobalAvgPool2d.Plan, Flatten.Plan,
        Linear.Plan("fc"));

    private static IReadOnlyList<LayerPlan> BlockOf(int channels, int stride) =>
    [
        Conv2d.Plan("conv1", channels, kernel: 3, padding: 1, stride, bias: false), GroupNorm.Plan("norm1", NormGroups), ReLU.Plan,
        Conv2d.Plan("conv2", channels, kernel: 3, padding: 1, bias: false), GroupNorm.Plan("norm2", NormGroups),
    ];

    private static LayerPlan Projection(int channels) => Conv2d.Plan("projection", channels, kernel: 1, stride: 2, bias: false);
}
