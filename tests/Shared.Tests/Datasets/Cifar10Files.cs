namespace FlDurable.Shared.Tests.Datasets;

/// <summary>A small CIFAR-10 in the official form.</summary>
internal static class Cifar10Files
{
    public const int RecordsPerBatch = 4;
    public const int RecordLength = 3073;

    public static Files Create()
    {
        var files = new Files();
        for (var batch = 1; batch <= 5; batch++)
            files.Add(($"data_batch_{batch}.bin", Batch(batch)));
        files.Add(("test_batch.bin", Batch(6)));
        files.Add(("readme.html", "<html>"u8.ToArray()));
        return files;
    }

    /// <summary>Records with labels and pixels that tell which they are.</summary>
    public static byte[] Batch(int number)
    {
        var batch = new byte[RecordsPerBatch * RecordLength];
        for (var at = 0; at < batch.Length; at++)
            batch[at] = (byte)(at % RecordLength == 0 ? (number + at / RecordLength) % 10 : 31 * number + at % 251);
        return batch;
    }
}
