using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Reads a leaf's updates into memory that is used again: to get memory from the system for each takes longer than to sum it. Several may be
/// read at the same time: each is read and hashed in the pool, also where a small local file makes nobody wait.
/// </summary>
/// <param name="store">Where the updates are.</param>
/// <param name="layout">The tensors that they are to have.</param>
internal sealed class UpdateReader(IArtifactStore store, ParameterLayout layout)
{
    private readonly byte[] header = Safetensors.Header<float>(layout);
    private readonly ConcurrentBag<byte[]> files = [];
    private readonly ConcurrentBag<ModelParameters> updates = [];

    /// <summary>Reads an update.</summary>
    /// <returns>
    /// The update, and whether its file is what FlDurable writes of it, so that a range of its parameters is a part of the file. Another may
    /// have its tensors elsewhere.
    /// </returns>
    /// <exception cref="SafetensorsException">It is not of the layout.</exception>
    /// <exception cref="ArtifactStoreException">As <see cref="IArtifactStore.ReadAsync(ArtifactReference, CancellationToken)"/> says.</exception>
    public async Task<(ModelParameters Update, bool IsAsWritten)> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken)
    {
        var length = header.Length + ((long)layout.Length * sizeof(float));
        if (reference.Length != length)
            return (await store.ReadParametersAsync(reference, layout, cancellationToken), false);
        if (!files.TryTake(out var file))
            file = GC.AllocateUninitializedArray<byte>(checked((int)length));
        await Task.Run(() => store.ReadAsync(reference, file, cancellationToken), cancellationToken);
        var isAsWritten = file.AsSpan().StartsWith(header);
        var update = isAsWritten ? Copy(file.AsSpan(header.Length)) : Safetensors.Read(file, layout);
        files.Add(file);
        return (update, isAsWritten);
    }

    /// <summary>Takes an update back that nobody looks at any more.</summary>
    public void GiveBack(ModelParameters update) => updates.Add(update);

    private ModelParameters Copy(ReadOnlySpan<byte> values)
    {
        if (!updates.TryTake(out var update))
            update = new ModelParameters(layout, GC.AllocateUninitializedArray<float>(layout.Length));
        values.CopyTo(MemoryMarshal.AsBytes(update.Values));
        return update;
    }
}
