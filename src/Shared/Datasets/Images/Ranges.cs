namespace FlDurable.Shared.Datasets.Images;

/// <summary>Parts of a file put together.</summary>
internal static class Ranges
{
    /// <summary>Copies parts one behind another.</summary>
    public static byte[] Join(ReadOnlySpan<byte> file, List<Range> parts)
    {
        var length = 0;
        foreach (var part in parts)
            length += part.End.Value - part.Start.Value;
        var joined = GC.AllocateUninitializedArray<byte>(length);
        var at = 0;
        foreach (var part in parts)
        {
            file[part].CopyTo(joined.AsSpan(at));
            at += part.End.Value - part.Start.Value;
        }

        return joined;
    }
}
