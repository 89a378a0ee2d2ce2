using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Checkpoints;

/// <summary>
/// Parameters of a file that a user gives, whatever wrote it: safetensors, or a checkpoint of PyTorch. As safetensors in single precision.
/// </summary>
/// <param name="Safetensors">The parameters. A file that is so already, as it is.</param>
/// <param name="Changed">What was done to come to them, for a person; null if nothing was.</param>
public sealed record GivenParameters(ReadOnlyMemory<byte> Safetensors, string? Changed)
{
    private const string Counter = "num_batches_tracked";

    private static readonly string[] Halves = ["F16", "BF16"];

    /// <summary>Reads a file. Nothing that it asks for is executed, and it takes no more memory than some times <paramref name="mostParameters"/>.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mostParameters">More are refused.</param>
    /// <exception cref="CheckpointException">It is a checkpoint that can't be read.</exception>
    /// <remarks>What is no checkpoint is given back as it is: whoever reads it says what is wrong with it.</remarks>
    public static GivenParameters Read(ReadOnlyMemory<byte> file, int mostParameters)
    {
        var notes = new List<string>();
        IReadOnlyList<StoredTensor> tensors;
        try
        {
            if (Open(file) is { } checkpoint)
            {
                var state = TorchState.In(checkpoint.Root);
                notes.Add(state.Wrapper is null ? "a checkpoint of PyTorch" : $"'{state.Wrapper}' of a checkpoint of PyTorch");
                if (state.Prefix is not null)
                    notes.Add($"'{state.Prefix}' taken off its names");
                tensors = state.Read(checkpoint, (long)mostParameters * sizeof(double));
            }
            else
            {
                tensors = Parameters.Safetensors.ReadAll(file);
            }
        }
        catch (SafetensorsException)
        {
            return new GivenParameters(file, null);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            // ZipArchive ends in exceptions of many types on damaged ones.
            throw new CheckpointException(
                exception is InvalidDataException { Message: var why } ? $"a checkpoint of PyTorch that can't be read: {why}" : "a damaged or truncated checkpoint of PyTorch", exception);
        }

        var parameters = tensors.Where(tensor => !IsCounter(tensor)).ToList();
        if (parameters.Count < tensors.Count)
            notes.Add($"{Counter} left out, which is no parameter");
        var converted = parameters.Where(tensor => tensor.Dtype is "F16" or "BF16" or "F64").Select(tensor => tensor.Dtype).Distinct().Order(StringComparer.Ordinal).ToList();
        if (converted.Count > 0)
            notes.Add($"{string.Join(" and ", converted)} converted to F32");
        return notes.Count == 0
            ? new GivenParameters(file, null)
            : new GivenParameters(Parameters.Safetensors.Write([.. parameters.Select(InSinglePrecision)]), string.Join(", ", notes));
    }

    private static ITorchFile? Open(ReadOnlyMemory<byte> file) =>
        TorchArchive.IsOne(file.Span) ? TorchArchive.Open(file)
        : TorchSequence.IsOne(file.Span) ? TorchSequence.Open(file)
        : file.Span.StartsWith((ReadOnlySpan<byte>)[0x80, 2]) ? throw new InvalidDataException("a pickle without what torch.save puts around it")
        : null;

    /// <summary>How many batches a normalisation has seen: a number that PyTorch keeps beside the parameters.</summary>
    private static bool IsCounter(StoredTensor tensor) =>
        tensor.Dtype == "I64" && (tensor.Name == Counter || tensor.Name.EndsWith($".{Counter}", StringComparison.Ordinal));

    private static StoredTensor InSinglePrecision(StoredTensor tensor)
    {
        Func<ReadOnlySpan<byte>, float>? read = tensor.Dtype switch
        {
            "F16" => bytes => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes),
            "BF16" => bytes => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
            "F64" => bytes => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            _ => null,
        };
        if (read is null)
            return tensor;
        var size = Halves.Contains(tensor.Dtype) ? sizeof(ushort) : sizeof(double);
        var values = new float[tensor.Content.Length / size];
        for (var index = 0; index < values.Length; index++)
            values[index] = read(tensor.Content.Span.Slice(index * size, size));
        return tensor with { Dtype = "F32", Content = MemoryMarshal.AsBytes(values.AsSpan()).ToArray() };
    }
}
