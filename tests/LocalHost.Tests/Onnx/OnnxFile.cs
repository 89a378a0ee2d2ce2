using System.Globalization;
using System.Text.Json;
using FlDurable.Shared.Datasets;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace FlDurable.LocalHost.Tests.Onnx;

/// <summary>An ONNX file as one who knows nothing else of the network runs it: with ONNX Runtime, on pixels scaled as its metadata says.</summary>
internal sealed class OnnxFile : IDisposable
{
    private readonly InferenceSession session;

    public OnnxFile(byte[] content)
    {
        // One thread: many tests run at once.
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        session = new InferenceSession(content, options);
    }

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public IReadOnlyList<string>? Classes => Metadata.TryGetValue("class_names", out var names) ? JsonSerializer.Deserialize<string[]>(names) : null;

    /// <summary>What the file says of its input and its output: a free length is -1.</summary>
    public (string Name, int[] Shape) Input => Of(session.InputMetadata);

    public (string Name, int[] Shape) Output => Of(session.OutputMetadata);

    /// <summary>The logits of each image, all run as one batch.</summary>
    public float[][] Logits(ImageExamples examples)
    {
        var input = new DenseTensor<float>([examples.Count, examples.Shape.Channels, examples.Shape.Height, examples.Shape.Width]);
        for (var image = 0; image < examples.Count; image++)
            Scale(examples.Pixels(image), examples.Shape.Height * examples.Shape.Width, input.Buffer.Span.Slice(image * examples.Shape.Length, examples.Shape.Length));
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(Input.Name, input)]);
        return [.. results.Single().AsTensor<float>().ToArray().Chunk(Output.Shape[1])];
    }

    public void Dispose() => session.Dispose();

    private void Scale(ReadOnlySpan<byte> pixels, int plane, Span<float> to)
    {
        var factor = double.Parse(Metadata["rescale_factor"], CultureInfo.InvariantCulture);
        var means = JsonSerializer.Deserialize<double[]>(Metadata["image_mean"])!;
        var deviations = JsonSerializer.Deserialize<double[]>(Metadata["image_std"])!;
        for (var at = 0; at < pixels.Length; at++)
            to[at] = (float)((pixels[at] * factor - means[at / plane]) / deviations[at / plane]);
    }

    private static (string Name, int[] Shape) Of(IReadOnlyDictionary<string, NodeMetadata> values)
    {
        var value = Assert.Single(values);
        Assert.Equal(typeof(float), value.Value.ElementType);
        return (value.Key, value.Value.Dimensions);
    }
}
