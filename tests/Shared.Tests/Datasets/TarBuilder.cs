using System.Text;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Writes tar archives block by block, also wrong ones.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> archive = [];

    public static byte[] Header(string name, string length, char type, string magic = "ustar\000", string prefix = "")
    {
        var block = new byte[512];
        Encoding.UTF8.GetBytes(name, block);
        Encoding.Latin1.GetBytes(length, block.AsSpan(124));
        block[156] = (byte)type;
        Encoding.Latin1.GetBytes(magic, block.AsSpan(257));
        Encoding.UTF8.GetBytes(prefix, block.AsSpan(345));
        return Sealed(block);
    }

    /// <summary>Gives a header the checksum that it must have.</summary>
    public static byte[] Sealed(byte[] block)
    {
        block.AsSpan(148, 8).Fill((byte)' ');
        var sum = block.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0", block.AsSpan(148));
        return block;
    }

    public TarBuilder Add(string name, byte[] content, char type = '0', string prefix = "") =>
        AddBlocks(Header(name, Octal(content.Length), type, prefix: prefix), content);

    public TarBuilder AddBlocks(params byte[][] parts)
    {
        foreach (var part in parts)
        {
            archive.AddRange(part);
            archive.AddRange(new byte[-part.Length & 511]);
        }

        return this;
    }

    public TarBuilder AddAll(Files files)
    {
        foreach (var (name, content) in files)
            Add(name, content);
        return this;
    }

    public byte[] Build() => [.. archive, .. new byte[1024]];

    public static byte[] Attribute(string key, string value)
    {
        var rest = Encoding.UTF8.GetBytes($" {key}={value}\n");
        var length = rest.Length + 1;
        while ($"{length}".Length + rest.Length != length)
            length++;
        return [.. Encoding.ASCII.GetBytes($"{length}"), .. rest];
    }

    private static string Octal(long length) => Convert.ToString(length, 8).PadLeft(11, '0');
}
