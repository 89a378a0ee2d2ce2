using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Pictures;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using Parquet;
using Parquet.Schema;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>Data as people have it, each learnt from by one command.</summary>
public sealed class KindsOfDataTests : IDisposable
{
    private readonly Workplace workplace = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task MNISTs_files()
    {
        foreach (var (split, images) in ((string, Pictures)[])[("train", new Pictures(10, 300, 1, 28)), ("t10k", new Pictures(10, 50, 1, 28))])
        {
            Write($"mnist/{split}-labels-idx1-ubyte", [.. Idx(images.Count), .. images.Labels]);
            byte[] content = [.. Idx(images.Count, 28, 28), .. images.All];
            if (split == "train")
                Write($"mnist/{split}-images-idx3-ubyte", content);
            else
                Write($"mnist/{split}-images-idx3-ubyte.gz", Packed(content));
        }

        await LearnsAsync("mnist", atLeast: 0.5, "--network", "lenet5", "--learning-rate", "0.01");
    }

    [Fact]
    public async Task CIFAR100s_files()
    {
        foreach (var (file, images) in ((string, Pictures)[])[("train.bin", new Pictures(100, 600, 3, 32)), ("test.bin", new Pictures(100, 100, 3, 32))])
            Write($"cifar-100-binary/{file}", [.. Enumerable.Range(0, images.Count).SelectMany(image => (byte[])[(byte)(images.Labels[image] / 5), images.Labels[image], .. images[image]])]);

        await LearnsAsync("cifar-100-binary", atLeast: 0.3);
    }

    [Fact]
    public async Task Folders_of_larger_images_in_four_classes()
    {
        WriteFolders("large", new Pictures(4, 64, 3, 64), "train");
        WriteFolders("large", new Pictures(4, 20, 3, 64), "test");

        await LearnsAsync("large", atLeast: 0.5);
    }

    [Fact]
    public async Task Folders_of_grey_images_in_26_classes()
    {
        WriteFolders("letters", new Pictures(26, 520, 1, 28), "train");
        WriteFolders("letters", new Pictures(26, 52, 1, 28), "test");

        await LearnsAsync("letters", atLeast: 0.2, "--learning-rate", "0.005");
    }

    [Fact]
    public async Task A_Parquet_file_of_images()
    {
        var images = new Pictures(5, 100, 3, 16);
        var bytes = new DataField<byte[]>("bytes", nullable: true);
        var label = new DataField<long>("label");
        using var stream = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(new StructField("image", bytes), label), stream, cancellationToken: Cancel))
        {
            using var group = writer.CreateRowGroup();
            var files = Enumerable.Range(0, images.Count).Select(image => (ReadOnlyMemory<byte>)images.Png(image)).ToArray();
            await group.WriteAllPartsAsync<ReadOnlyMemory<byte>>(bytes, files, Enumerable.Repeat(bytes.MaxDefinitionLevel, images.Count).ToArray(), null, Cancel);
            await group.WriteAsync<long>(label, images.Labels.Select(one => (long)one).ToArray(), cancellationToken: Cancel);
        }

        Write("shapes.parquet", stream.ToArray());

        await LearnsAsync("shapes.parquet", atLeast: 0.5, "--test-fraction", "0.2", "--learning-rate", "0.003");
    }

    private async Task LearnsAsync(string data, double atLeast, params string[] options)
    {
        var run = await workplace.RunAsync(["run", "--data", workplace[data], "--clients", "2", "--rounds", "2", "--epochs", "5", "--batch-size", "8", "--json", .. options]);

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        Assert.InRange(ContractJson.Deserialize<FederationResult>(run.Output).Rounds[^1].CentralAccuracy!.Value, atLeast, 1);
    }

    private void WriteFolders(string folder, Pictures images, string split)
    {
        for (var image = 0; image < images.Count; image++)
            Write(string.Create(CultureInfo.InvariantCulture, $"{folder}/{split}/class-{images.Labels[image]:D2}/{image}.png"), images.Png(image));
    }

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(workplace[name])!);
        File.WriteAllBytes(workplace[name], content);
    }

    /// <summary>The header of an IDX file of bytes.</summary>
    private static byte[] Idx(params int[] lengths)
    {
        var header = new byte[4 * (1 + lengths.Length)];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x0800 + lengths.Length);
        foreach (var (index, length) in lengths.Index())
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 * (1 + index)), length);
        return header;
    }

    private static byte[] Packed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>Noise with a bright square, whose place is the class.</summary>
    private sealed class Pictures(int classes, int count, int channels, int side)
    {
        private readonly int places = (int)Math.Ceiling(Math.Sqrt(classes));

        public int Count => count;

        public byte[] Labels { get; } = [.. Enumerable.Range(0, count).Select(image => (byte)(image % classes))];

        public byte[] All => [.. Enumerable.Range(0, count).SelectMany(image => this[image])];

        /// <summary>An image, plane by plane.</summary>
        public byte[] this[int image]
        {
            get
            {
                var pixels = new byte[channels * side * side];
                var random = new Random((1000 * count) + image);
                var square = side / places;
                for (var at = 0; at < pixels.Length; at++)
                {
                    var (row, column) = (at / side % side / square, at % side / square);
                    pixels[at] = (byte)(random.Next(60) + ((row * places) + column == Labels[image] && column < places ? 190 : 0));
                }

                return pixels;
            }
        }

        public byte[] Png(int image)
        {
            using var bitmap = new SKBitmap(new SKImageInfo(side, side, channels == 1 ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque));
            var pixels = this[image];
            var plane = side * side;
            var to = bitmap.GetPixelSpan();
            for (var at = 0; at < plane; at++)
            {
                if (channels == 1)
                    to[at] = pixels[at];
                else
                    (to[4 * at], to[(4 * at) + 1], to[(4 * at) + 2], to[(4 * at) + 3]) = (pixels[at], pixels[plane + at], pixels[(2 * plane) + at], byte.MaxValue);
            }

            return Picture.ToPng(bitmap);
        }
    }
}
