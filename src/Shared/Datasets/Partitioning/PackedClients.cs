using System.Buffers;
using System.Collections;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Very many clients in little memory: of those whose data is where <see cref="PartitionedDataset"/> writes it, the names follow from their
/// indices, and only the rest is kept. Clients that differ in anything are kept as they are.
/// </summary>
/// <param name="digest">The digest of the data set's recipe.</param>
/// <param name="capacity">How many clients there will be.</param>
internal sealed class PackedClients(string digest, int capacity) : IReadOnlyList<ClientPartition>
{
    private const int DigestLength = 32;

    private readonly byte[] digests = new byte[(long)capacity * DigestLength];
    private readonly long[] lengths = new long[capacity];
    private readonly int[] trainExamples = new int[capacity];
    private readonly int[] validationExamples = new int[capacity];
    private readonly Dictionary<int, ClientPartition> others = [];

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public ClientPartition this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return others.TryGetValue(index, out var other) ? other : Unpack(index);
        }
    }

    /// <summary>Adds the next client.</summary>
    public void Add(ClientPartition client)
    {
        var index = Count++;
        lengths[index] = client.Data.Length;
        trainExamples[index] = client.TrainExamples;
        validationExamples[index] = client.ValidationExamples;
        var status = Convert.FromHexString(client.Data.Sha256, digests.AsSpan(index * DigestLength, DigestLength), out _, out _);
        if (status != OperationStatus.Done || Unpack(index) != client)
            others.Add(index, client);
    }

    /// <inheritdoc/>
    public IEnumerator<ClientPartition> GetEnumerator()
    {
        for (var index = 0; index < Count; index++)
            yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private ClientPartition Unpack(int index)
    {
        var client = ClientNames.Of(index);
        var sha256 = Convert.ToHexStringLower(digests.AsSpan(index * DigestLength, DigestLength));
        return new ClientPartition(
            index, client, new ArtifactReference(ArtifactNames.ClientData(digest, client), lengths[index], sha256), trainExamples[index], validationExamples[index]);
    }
}
