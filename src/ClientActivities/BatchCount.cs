namespace FlDurable.ClientActivities;

/// <summary>How much has been trained on among a host's services: one that trains for somebody else shows by it that it gets on, and how fast.</summary>
public sealed class BatchCount
{
    private long batches;
    private long images;

    /// <summary>So many batches so far.</summary>
    public long Batches => Interlocked.Read(ref batches);

    /// <summary>So many images in them; one that is trained on in several epochs counts in each.</summary>
    public long Images => Interlocked.Read(ref images);

    /// <summary>Counts a batch that has been trained on. A training that counts none is taken to hang (<c>work --stall-seconds</c>).</summary>
    /// <param name="imagesOfIt">How many images it had.</param>
    public void Add(int imagesOfIt)
    {
        Interlocked.Add(ref images, imagesOfIt);
        Interlocked.Increment(ref batches);
    }
}
