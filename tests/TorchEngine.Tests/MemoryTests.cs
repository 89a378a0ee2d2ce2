using System.Runtime.InteropServices;
using FlDurable.ClientActivities;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Tests.Support;
using TorchSharp;

namespace FlDurable.TorchEngine.Tests;

[Collection(nameof(Alone))]
public sealed partial class MemoryTests
{
    private const int Turns = 5;
    private const int ClientsPerTurn = 20;

    /// <summary>The device that has shapes and no memory stands in for one that is not the CPU.</summary>
    [Theory]
    [InlineData("cifar10-cnn")]
    [InlineData("fedavg-cnn")]
    public void A_network_can_be_made_on_another_device(string name)
    {
        var network = new NetworkRegistry().Get(name).Usual;
        var options = new TrainingOptions(4, OptimizerKind.Adam, 1e-3f, 0, 0);
        var module = new LayeredModule(network, torch.META, new DropoutNoise(0, 0, 0));

        using var made = new TorchNetwork(network, module, torch.META, batchSize: 4, options);

        Assert.All(module.named_parameters(), named => Assert.Equal(DeviceType.META, named.parameter.device_type));
        Assert.Equal(network.Layout.Tensors.Select(slot => slot.Name), module.named_parameters().Select(named => named.name));
    }

    [Fact]
    public void A_hundred_clients_leave_no_tensor_and_no_native_memory_behind()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;
        var task = new TrainingTask(
            network, network.Initialize(1), NoisyImages.Draw(network, 100, seed: 1), new(32, OptimizerKind.Adam, 1e-3f, 0, 0), Seed: 1, Round: 1, Client: 0);
        Work();
        var tensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        // The runtime too takes megabytes now and then, to compile anew what runs often; only a leak grows in every turn.
        var leastGrowth = Enumerable.Range(0, Turns).Min(_ => Growth());

        Assert.Equal(tensors, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        // One client's parameters, or one batch, would be 5 MB or more in a turn.
        Assert.InRange(leastGrowth, long.MinValue, 500_000);

        long Growth()
        {
            var before = BytesInUse();
            for (var client = 0; client < ClientsPerTurn; client++)
                Work();
            return BytesInUse() - before;
        }

        void Work()
        {
            using var session = Engines.Torch.StartTraining(task);
            session.TrainEpoch(TestContext.Current.CancellationToken);
            Engines.Torch.Evaluate(network, session.GetParameters(), task.Examples, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What the C library has lent, all arenas together; on other systems what the process has of the machine.</summary>
    private static long BytesInUse()
    {
        if (!OperatingSystem.IsLinux())
            return Environment.WorkingSet;
        var heap = MallInfo();
        return (long)(heap.InUse + heap.Mapped);
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial HeapInfo MallInfo();

    /// <summary>glibc's <c>struct mallinfo2</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct HeapInfo
    {
        public readonly nuint Arena, FreeChunks, FastBins, MappedBlocks, Mapped, Unused, FastBinBytes, InUse, Free, Releasable;
    }
}

/// <summary>What looks at the whole process, with no other test beside it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
