using System.Collections.Concurrent;
using FlDurable.Shared.Storage;

namespace FlDurable.Worker;

/// <summary>
/// The artifacts of a site's work: what comes of it is in a folder of the slot, each file by its order too, so that it is found again after a crash, and only by who is asked for the same; what it
/// starts from comes with the order each time, and is in memory, as is the site's data. The keys of noise the site has once.
/// </summary>
/// <param name="folder">The slot's.</param>
/// <param name="keys">The keys of the noise that the site adds.</param>
/// <param name="data">The site's data.</param>
/// <param name="outlivesPower">Whether what came of work is brought to the disk.</param>
internal sealed class SiteStore(string folder, IArtifactStore keys, SiteData data, bool outlivesPower = true) : IArtifactStore
{
    private const int DigestDigits = 32; // an artifact's name has 200 characters at most
    private const string Inputs = "federations/";
    private const string Prefix = $"{SiteData}/";
    private const string SiteData = Shared.Specs.SiteData.Kind;

    private readonly ConcurrentDictionary<string, byte[]> inputs = new(StringComparer.Ordinal);
    private readonly FileArtifactStore results = new(folder) { OutlivesPower = outlivesPower };
    private string order = "";

    /// <summary>Begins an order: what came of it before is there, what came of any other is deleted.</summary>
    /// <param name="digest">Of what it asks for.</param>
    public void Begin(string digest)
    {
        order = digest[..DigestDigits];
        inputs.Clear();
        Delete(file => !file.StartsWith(order, StringComparison.Ordinal));
    }

    /// <summary>Deletes what work started from, and what came of it.</summary>
    public void Forget()
    {
        inputs.Clear();
        Delete(_ => true);
    }

    public async Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        IsInput(name) ? ArtifactReference.Of(name, inputs.GetOrAdd(name, _ => content.ToArray())) : await PutInFolderAsync(name, content, cancellationToken);

    public async Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) =>
        Held(reference) ?? await Of(reference.Name).ReadAsync(InFolder(reference), cancellationToken);

    public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        if (Held(reference) is not { } held)
            return Of(reference.Name).ReadRangeAsync(InFolder(reference), offset, part, cancellationToken);
        held.AsMemory((int)offset, part.Length).CopyTo(part);
        return Task.CompletedTask;
    }

    public async Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (IsInput(name))
            return inputs.TryGetValue(name, out var input) ? ArtifactReference.Of(name, input) : null;
        return await Of(name).FindAsync(InFolder(name), cancellationToken) is { } found ? found with { Name = name } : null;
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException("what came of work is deleted as a whole");

    private async Task<ArtifactReference> PutInFolderAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await Of(name).PutAsync(InFolder(name), content, cancellationToken) with { Name = name };

    private IArtifactStore Of(string name) => ArtifactNames.IsPrivacyKey(name) ? keys : results;

    private ArtifactReference InFolder(ArtifactReference reference) => reference with { Name = InFolder(reference.Name) };

    // Without folders below, each of which would be brought to the disk by itself.
    private string InFolder(string name) => ArtifactNames.IsPrivacyKey(name) ? name : $"{order}_{name.Replace('/', '_')}";

    private void Delete(Predicate<string> which)
    {
        var content = new DirectoryInfo(folder);
        if (!content.Exists)
            return;
        foreach (var file in content.EnumerateFiles().Where(file => which(file.Name)).ToList())
            file.Delete();
        foreach (var left in content.EnumerateDirectories().Where(of => of.Name is "updates" or "federations").ToList())
            left.Delete(recursive: true); // of builds that had folders below
    }

    private static bool IsInput(string name) => name.StartsWith(Inputs, StringComparison.Ordinal) && !ArtifactNames.IsPrivacyKey(name);

    /// <returns>What is in memory; null for what is not to be.</returns>
    /// <exception cref="ArtifactMissingException">It is not there, or the site has other data now.</exception>
    private byte[]? Held(ArtifactReference reference)
    {
        if (reference.Name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return data.Current is { } current && current.Digest == reference.Sha256
                ? current.Records
                : throw new ArtifactMissingException($"the site's data is not what '{reference.Name}' stands for any more", reference.Name);
        }

        if (!IsInput(reference.Name))
            return null;
        return inputs.TryGetValue(reference.Name, out var input) ? input : throw new ArtifactMissingException($"'{reference.Name}' came with no order", reference.Name);
    }
}
