using System.Collections.Concurrent;

namespace FlDurable.Shared.Storage;

/// <summary>
/// Which files this process has found to be as their references say, and when each was last written to: whoever sends a file in parts need
/// not hash all of it for each. What is computed with is hashed whenever it is read.
/// </summary>
internal sealed class VerifiedArtifacts
{
    // Forgetting costs a hash, remembering every artifact of a thousand rounds would cost memory.
    private const int Capacity = 16_384;

    private readonly ConcurrentDictionary<ArtifactReference, DateTime> known = new();

    /// <param name="reference">The artifact.</param>
    /// <param name="written">When its file was last written to.</param>
    public bool Contains(ArtifactReference reference, DateTime written) => known.TryGetValue(reference, out var then) && then == written;

    /// <inheritdoc cref="Contains" path="/param"/>
    public void Add(ArtifactReference reference, DateTime written)
    {
        if (known.Count >= Capacity)
            known.Clear();
        known[reference] = written;
    }
}
