using FlDurable.Shared.Parameters;

namespace FlDurable.Shared.Checkpoints;

/// <summary>
/// Parameters of a file that a user gives, whatever wrote it: safetensors, or a checkpoint of PyTorch. As safetensors in single precision.
/// </summary>
/// <param name="Safetensors">The parameters. A file that is so already, as it is.</param>
/// <param name="Changed">What was done to come to them, for a person; null if nothing was.</param>
public sealed record GivenParameters(ReadOnlyMemory<byte> Safetensors, string? Changed)
{
    /// <summary>
    /// Reads a file. Nothing that it asks for is executed. Beside the file it takes the memory of its parameters, and of the largest storage of a
    /// checkpoint.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="mostParameters">More are refused, before any value is read.</param>
    /// <param name="layout">The tensors of the network that they are for; null if it is not known.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="CheckpointException">It is a checkpoint that can't be read, or has too many values.</exception>
    /// <remarks>What is no checkpoint is given back as it is: whoever reads it says what is wrong with it.</remarks>
    public static GivenParameters Read(ReadOnlyMemory<byte> file, int mostParameters, ParameterLayout? layout, CancellationToken cancellationToken)
    {
        try
        {
            return Open(file, cancellationToken) is { } checkpoint
                ? OfCheckpoint(checkpoint, mostParameters, layout, cancellationToken)
                : OfSafetensors(file, mostParameters, cancellationToken);
        }
        catch (SafetensorsException)
        {
            return new GivenParameters(file, null);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException or CheckpointException))
        {
            // ZipArchive ends in exceptions of many types on damaged ones.
            throw new CheckpointException(
                exception is InvalidDataException { Message: var why } ? $"a checkpoint of PyTorch that can't be read: {why}" : "a damaged or truncated checkpoint of PyTorch", exception);
        }
    }

    private static ITorchFile? Open(ReadOnlyMemory<byte> file, CancellationToken cancellationToken) =>
        TorchArchive.IsOne(file.Span) ? TorchArchive.Open(file, cancellationToken)
        : TorchSequence.IsOne(file.Span) ? TorchSequence.Open(file, cancellationToken)
        : file.Span.StartsWith((ReadOnlySpan<byte>)[0x80, 2]) ? throw new InvalidDataException("a pickle without what torch.save puts around it")
        : null;

    private static GivenParameters OfCheckpoint(ITorchFile checkpoint, int mostParameters, ParameterLayout? layout, CancellationToken cancellationToken)
    {
        const string what = "a checkpoint of PyTorch";
        var state = TorchState.In(checkpoint.Root, mostParameters, layout);
        CheckCount(state.Tensors, mostParameters, what);
        var notes = new List<string> { state.Wrapper is null ? what : $"'{state.Wrapper}' of {what}" };
        if (state.Prefix.Length > 0)
            notes.Add($"'{state.Prefix}' taken off its names");
        notes.AddRange(NotesOn(state.Tensors));
        var which = Enumerable.Range(0, state.Tensors.Count).Where(index => !state.Tensors[index].IsCounter).ToList();
        return new GivenParameters(Convert(state.Tensors, state.Read(checkpoint, which, (long)mostParameters * sizeof(double)), cancellationToken), string.Join(", ", notes));
    }

    private static GivenParameters OfSafetensors(ReadOnlyMemory<byte> file, int mostParameters, CancellationToken cancellationToken)
    {
        var stored = Parameters.Safetensors.ReadAll(file);
        var tensors = stored.Select(tensor => new GivenTensor(tensor.Name, tensor.Dtype, tensor.Shape, tensor.Content.Length)).ToList();
        CheckCount(tensors, mostParameters, "a safetensors file");
        var notes = NotesOn(tensors).ToList();
        return notes.Count == 0
            ? new GivenParameters(file, null)
            : new GivenParameters(Convert(tensors, stored.Select((tensor, index) => (index, tensor.Content)), cancellationToken), string.Join(", ", notes));
    }

    private static void CheckCount(IReadOnlyList<GivenTensor> tensors, int most, string what)
    {
        var count = tensors.Where(tensor => !tensor.IsCounter).Aggregate((Int128)0, (sum, tensor) => sum + tensor.Count);
        if (count > most)
            throw new CheckpointException(FormattableString.Invariant($"{what} of {count:N0} values; expected at most {most:N0}, as many as a network has parameters"));
    }

    private static IEnumerable<string> NotesOn(IReadOnlyList<GivenTensor> tensors)
    {
        if (tensors.Any(tensor => tensor.IsCounter))
            yield return $"{GivenTensor.CounterName} left out, which is no parameter";
        var converted = tensors.Select(tensor => tensor.Dtype).Where(SinglePrecision.Converts).Distinct().Order(StringComparer.Ordinal).ToList();
        if (converted.Count > 0)
            yield return $"{string.Join(" and ", converted)} converted to F32";
    }

    /// <summary>A file of the parameters among tensors, each of whose values goes from where it is to where it belongs.</summary>
    private static byte[] Convert(
        IReadOnlyList<GivenTensor> tensors, IEnumerable<(int Index, ReadOnlyMemory<byte> Content)> contents, CancellationToken cancellationToken)
    {
        var parameters = tensors.Select((tensor, index) => (Tensor: tensor, Index: index)).Where(each => !each.Tensor.IsCounter).ToList();
        var (file, at) = Parameters.Safetensors.Begin(
            [.. parameters.Select(each => (each.Tensor.Name, SinglePrecision.Of(each.Tensor.Dtype), each.Tensor.Shape, SinglePrecision.LengthOf(each.Tensor)))]);
        var places = new Dictionary<int, Memory<byte>>();
        foreach (var (tensor, index) in parameters)
        {
            var length = (int)SinglePrecision.LengthOf(tensor);
            places.Add(index, file.AsMemory(at, length));
            at += length;
        }

        foreach (var (index, content) in contents.Where(content => places.ContainsKey(content.Index)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            SinglePrecision.Copy(tensors[index].Dtype, content.Span, places[index].Span);
        }

        return file;
    }
}
