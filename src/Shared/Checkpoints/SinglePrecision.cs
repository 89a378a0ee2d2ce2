using System.Buffers.Binary;

namespace FlDurable.Shared.Checkpoints;

/// <summary>Values of other precisions in single precision. Values of types that are no floating-point numbers stay as they are.</summary>
internal static class SinglePrecision
{
    private const string Dtype = "F32";

    /// <summary>Whether values of a type are converted.</summary>
    public static bool Converts(string dtype) => dtype is "F16" or "BF16" or "F64";

    /// <summary>The type of values after it.</summary>
    public static string Of(string dtype) => Converts(dtype) ? Dtype : dtype;

    /// <summary>How many bytes a tensor's values have after it.</summary>
    public static long LengthOf(GivenTensor tensor) => Converts(tensor.Dtype) ? tensor.Count * sizeof(float) : tensor.Length;

    /// <summary>Copies values, converted.</summary>
    /// <param name="dtype">Their type.</param>
    /// <param name="from">The values.</param>
    /// <param name="to">Takes them; as long as <see cref="LengthOf"/> says.</param>
    public static void Copy(string dtype, ReadOnlySpan<byte> from, Span<byte> to)
    {
        if (!Converts(dtype))
        {
            from.CopyTo(to);
            return;
        }

        var size = SizeOf(dtype);
        for (; !from.IsEmpty; from = from[size..], to = to[sizeof(float)..])
        {
            BinaryPrimitives.WriteSingleLittleEndian(to, dtype switch
            {
                "F16" => (float)BinaryPrimitives.ReadHalfLittleEndian(from),
                "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(from) << 16),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(from),
            });
        }
    }

    private static int SizeOf(string dtype) => dtype == "F64" ? sizeof(double) : sizeof(ushort);
}
