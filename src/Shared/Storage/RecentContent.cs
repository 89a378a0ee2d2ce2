using System.Diagnostics.CodeAnalysis;

namespace FlDurable.Shared.Storage;

/// <summary>
/// Content of artifacts that was wanted lately, as much as there is room for. It is what its reference says, and no reference ever means
/// anything else: what is kept can't go stale. Whoever finds it must not change it.
/// </summary>
/// <typeparam name="TContent">What an artifact's bytes are held in.</typeparam>
/// <param name="mostBytes">The room, for content and <see cref="RecentContent.EntryBytes"/> an artifact. What was not wanted for longest makes room for what is.</param>
/// <param name="mostArtifacts">At most so many artifacts.</param>
public sealed class RecentContent<TContent>(long mostBytes, int mostArtifacts = int.MaxValue)
{
    private readonly Lock gate = new();
    private readonly Dictionary<ArtifactReference, LinkedListNode<(ArtifactReference Reference, TContent Content)>> known = [];
    private readonly LinkedList<(ArtifactReference Reference, TContent Content)> latestFirst = [];
    private long bytes;

    /// <summary>Finds an artifact's content, if it is kept.</summary>
    public bool TryFind(ArtifactReference reference, [MaybeNullWhen(false)] out TContent content)
    {
        lock (gate)
        {
            content = default;
            if (!known.TryGetValue(reference, out var node))
                return false;
            latestFirst.Remove(node);
            latestFirst.AddFirst(node);
            content = node.Value.Content;
            return true;
        }
    }

    /// <summary>Keeps an artifact's content, unless it is larger than all the room.</summary>
    public void Keep(ArtifactReference reference, TContent content)
    {
        lock (gate)
        {
            if (Size(reference) > mostBytes || known.ContainsKey(reference))
                return;
            known[reference] = latestFirst.AddFirst((reference, content));
            bytes += Size(reference);
            while (bytes > mostBytes || known.Count > mostArtifacts)
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

    private void Forget(LinkedListNode<(ArtifactReference Reference, TContent Content)> node)
    {
        latestFirst.Remove(node);
        known.Remove(node.Value.Reference);
        bytes -= Size(node.Value.Reference);
    }

    private static long Size(ArtifactReference reference) => RecentContent.EntryBytes + reference.Length;
}

/// <summary>What all <see cref="RecentContent{TContent}"/> have in common.</summary>
public static class RecentContent
{
    /// <summary>What it takes to know one artifact beside its content, roughly: many small ones are not free.</summary>
    public const int EntryBytes = 1_000;
}
