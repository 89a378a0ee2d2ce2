using System.Globalization;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace OwnNamespace;

/// <summary>Pictures of a bar, upright or lying: <c>--data bars</c>, or <c>--data bars:N</c> for N of each to learn from.</summary>
public sealed class Bars : INamedDataset
{
    private const int Side = 8;
    private const int Tested = 40;
    private const int Usual = 200;

    private static readonly ImageShape Shape = new(1, Side, Side);

    public string Name => "bars";

    // The argument is a number, and names no file.
    public string? FileOf(string? argument) => null;

    public Task<string> FingerprintAsync(string? argument, CancellationToken cancellationToken) => Task.FromResult($"{CountOf(argument)}");

    public Task<ImageDataset> LoadAsync(string? argument, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult(new ImageDataset(["upright", "lying"], Draw(2 * CountOf(argument), seed: 1), Draw(2 * Tested, seed: 2)));

    private static int CountOf(string? argument)
    {
        if (argument is null)
            return Usual;
        return int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 100_000
            ? count
            : throw new DatasetException($"data: 'bars:{argument}': expected bars:N with N from 1 to 100000");
    }

    private static ImageExamples Draw(int count, int seed)
    {
        var noise = new Random(seed);
        var record = 1 + Shape.Length; // the label, then the pixels
        var records = new byte[count * record];
        for (var image = 0; image < count; image++)
        {
            var (label, at) = (image % 2, noise.Next(Side));
            var pixels = records.AsSpan(image * record, record);
            pixels[0] = (byte)label;
            for (var y = 0; y < Side; y++)
            {
                for (var x = 0; x < Side; x++)
                    pixels[1 + (y * Side) + x] = (byte)(noise.Next(64) + ((label == 0 ? x : y) == at ? 160 : 0));
            }
        }

        return new ImageExamples(records, Shape, classes: 2);
    }
}
