namespace FlDurable.Shared.Datasets.Containers;

/// <summary>A file that is read until that is cancelled. Whatever unpacks it, skips in it or hashes it ends with the next piece.</summary>
/// <param name="path">The file.</param>
/// <param name="cancellationToken">Ends each reading after it.</param>
internal class CancellableFile(string path, CancellationToken cancellationToken)
    : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan)
{
    /// <summary>What every other way of reading comes to, as <see cref="FileStream"/> arranges it for classes that inherit from it.</summary>
    public override int Read(byte[] buffer, int offset, int count)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return base.Read(buffer, offset, count);
    }
}
