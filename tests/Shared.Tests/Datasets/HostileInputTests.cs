using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Whatever the bytes are: one exception, and memory by what is really there.</summary>
public sealed class HostileInputTests : IDisposable
{
    private static readonly byte[][] Images =
    [
        .. new[]
        {
            "420.jpg", "progressive.jpg", "restart.jpg", "cmyk.jpg", "exif-6.png", "interlaced.png", "palette-transparent.png", "interlaced.gif",
            "animated.gif", "exif-8.webp", "lossy-alpha.webp", "32.bmp", "palette.bmp", "top-down.bmp",
        }.Select(ImageDecoderTests.Picture),
    ];

    // What is done at a place: a byte set, a bit flipped, a length that is too large, and bytes taken away or put in.
    private static readonly Gen<(int Kind, double Place, byte Value)[]> Damages =
        Gen.Select(Gen.Int[0, 5], Gen.Double[0, 1], Gen.Byte).Array[1, 4];

    private readonly TemporaryFolder folder = new();
    private int files;

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Damaged_images_are_read_or_refused_within_bounds() =>
        Gen.Select(Gen.Int[0, Images.Length - 1].Select(index => Images[index]), Damages).Sample(
            (image, damages) =>
            {
                const long mostOfAnImage = 64_000_000;
                AssertBounded(mostOfAnImage, () =>
                {
                    var file = Damage(image, damages);
                    var shape = ImageDecoder.ShapeOf(file, "a.zip: it");
                    ImageDecoder.Decode(file, "a.zip: it", shape, new byte[shape.Length]);
                });
            },
            iter: 4000);

    [Fact]
    public void Damaged_archives_are_read_or_refused_within_bounds()
    {
        var content = ImageFiles.Create(train: 1, test: 1);
        var pax = new TarBuilder().Add("x", TarBuilder.Attribute("path", "train/ape/a"), 'x').AddAll(content).Build();
        var gnu = new TarBuilder().Add("././@LongLink", "train/ape/b\0"u8.ToArray(), 'L').AddAll(content).Build();
        byte[][] archives = [pax, gnu, Files.Compress(pax), File.ReadAllBytes(content.WriteZip(folder["whole.zip"]))];

        Gen.Select(Gen.Int[0, archives.Length - 1].Select(index => archives[index]), Damages).Sample(
            (archive, damages) =>
            {
                var path = folder.Write($"{Interlocked.Increment(ref files)}", Damage(archive, damages));
                const long mostOfAnArchive = 6 * DatasetLimits.MaxImageFileLength;
                AssertBounded(mostOfAnArchive, () =>
                {
                    foreach (var file in FileContainer.Open(path).Files(TestContext.Current.CancellationToken))
                    {
                        if (file.Length <= DatasetLimits.MaxImageFileLength)
                            _ = file.ReadAll();
                    }
                });
                File.Delete(path);
            },
            iter: 2000);
    }

    private static void AssertBounded(long most, Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            read();
        }
        catch (DatasetException exception)
        {
            Assert.InRange(exception.Message.Length, 1, 1000);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, most);
    }

    private static byte[] Damage(byte[] whole, (int Kind, double Place, byte Value)[] damages)
    {
        var damaged = whole.ToList();
        foreach (var (kind, place, value) in damages)
        {
            var at = (int)(place * (damaged.Count - 1));
            switch (kind)
            {
                case 0:
                    damaged[at] = value;
                    break;
                case 1:
                    damaged[at] ^= (byte)(1 << (value & 7));
                    break;
                case 2:
                    for (var index = at; index < Math.Min(at + 4, damaged.Count); index++)
                        damaged[index] = 0xFF;
                    break;
                case 3:
                    damaged.RemoveRange(at, Math.Min(value, damaged.Count - at - 1));
                    break;
                case 4:
                    damaged.InsertRange(at, Enumerable.Repeat(value, 1 + value));
                    break;
                default:
                    damaged.InsertRange(at, damaged.GetRange(at, Math.Min(value, damaged.Count - at)));
                    break;
            }
        }

        return [.. damaged];
    }
}
