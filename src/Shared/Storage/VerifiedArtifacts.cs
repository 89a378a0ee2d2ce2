using System.Collections.Concurrent;
using FlDurable.Shared.Contracts;

namespace FlDurable.Shared.Storage;

/// <summary>
/// What this process has already found to be as its reference says. Hashing runs at about 1 GB/s, training reads faster than that, so
/// content is hashed once.
/// </summary>
internal sealed class VerifiedArtifacts
{
    // Forgetting costs a hash, remembering every artifact of a thousand rounds would cost memory.
    private const int Capacity = 16_384;

    private readonly ConcurrentDictionary<ArtifactReference, bool> known = new();

    public bool Contains(ArtifactReference reference) => known.ContainsKey(reference);

    public void Add(ArtifactReference reference)
    {
        if (known.Count >= Capacity)
            known.Clear();
        known[reference] = true;
    }

    /// <exception cref="ArtifactCorruptException">The content is not what the reference says.</exception>
    public void Check(ArtifactReference reference, ReadOnlySpan<byte> content)
    {
        ArtifactContent.CheckLength(reference, content.Length);
        if (known.ContainsKey(reference))
            return;
        ArtifactContent.Check(reference, content);
        Add(reference);
    }
}
