namespace FlDurable.Shared.Checkpoints;

/// <summary>A file of <c>torch.save</c>: what its pickle says, and the values of storages.</summary>
internal interface ITorchFile
{
    /// <summary>What was saved.</summary>
    object? Root { get; }

    /// <summary>All values of a storage, as many as it says, little-endian.</summary>
    /// <exception cref="InvalidDataException">They are not there, or not as many.</exception>
    ReadOnlyMemory<byte> Read(TorchStorage storage);
}
