namespace FlDurable.Shared.Datasets.Sources;

/// <summary>A file to be downloaded, and how to know that it is the right one.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Md5">Its MD5, 32 lower-case hexadecimal digits: what its publisher gives.</param>
internal sealed record RemoteFile(Uri Address, long Length, string Md5)
{
    /// <summary>CIFAR-10's binary version, as published at https://www.cs.toronto.edu/~kriz/cifar.html.</summary>
    public static RemoteFile Cifar10 { get; } = new(
        new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"), 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530");

    /// <summary>The last part of its address.</summary>
    public string Name => Address.Segments[^1];
}
