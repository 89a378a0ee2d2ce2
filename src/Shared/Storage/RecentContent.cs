namespace FlDurable.Shared.Storage;

/// <summary>
/// Content of artifacts that was wanted lately, as much as there is room for. It is what its reference says, and no reference ever means
/// anything else: what is kept can't go stale. Whoever finds it must not change it.
/// </summary>
/// <param name="mostBytes">The room, for content and <see cref="EntryBytes"/> an artifact. What was not wanted for longest makes room for what is.</param>
public sealed class RecentContent(long mostBytes)
{
    /// <summary>What it takes to know one artifact beside its content, roughly: many small ones are not free.</summary>
    public const int EntryBytes = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<ArtifactReference, LinkedListNode<(ArtifactReference Reference, byte[] Content)>> known = [];
    private readonly LinkedList<(ArtifactReference Reference, byte[] Content)> latestFirst = [];
    private long bytes;

    /// <summary>An artifact's content, or null if it isn't kept.</summary>
    public byte[]? Find(ArtifactReference reference)
    {
        lock (gate)
        {
            if (!known.TryGetValue(reference, out var node))
                return null;
            latestFirst.Remove(node);
            latestFirst.AddFirst(node);
            return node.Value.Content;
        }
    }

    /// <summary>Keeps an artifact's content, unless it is larger than all the room.</summary>
    public void Keep(ArtifactReference reference, byte[] content)
    {
        lock (gate)
        {
            if (Size(content) > mostBytes || known.ContainsKey(reference))
                return;
            known[reference] = latestFirst.AddFirst((reference, content));
            bytes += Size(content);
            while (bytes > mostBytes)
                Forget(latestFirst.Last!);
        }
    }

    /// <summary>Forgets an artifact, or all of a folder.</summary>
    /// <param name="name">An artifact's name, or a folder's with its final <c>/</c>.</param>
    public void Forget(string name)
    {
        lock (gate)
        {
            foreach (var node in known.Values.Where(node => IsIn(name, node.Value.Reference.Name)).ToList())
                Forget(node);
        }
    }

    /// <summary>Forgets everything.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Clear()
    {
        lock (gate)
        {
            var had = known.Count > 0;
            known.Clear();
            latestFirst.Clear();
            bytes = 0;
            return had;
        }
    }

    private static bool IsIn(string name, string artifact) => name.EndsWith('/') ? artifact.StartsWith(name, StringComparison.Ordinal) : artifact == name;

    private void Forget(LinkedListNode<(ArtifactReference Reference, byte[] Content)> node)
    {
        latestFirst.Remove(node);
        known.Remove(node.Value.Reference);
        bytes -= Size(node.Value.Content);
    }

    private static long Size(byte[] content) => EntryBytes + content.Length;
}
