using System.Security.Cryptography;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Images;
using FlDurable.Shared.Networks;
using SkiaSharp;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class ImageDecoderTests
{
    private const string Place = "a.zip: train/ape/0";

    /// <summary>The digests are of rows of red, green and blue by Pillow 13 with libjpeg-turbo 3.2 and libwebp 1.6, turned as EXIF says.</summary>
    [Theory]
    [InlineData("progressive.jpg", "a7320f49192244ce8227d033e2a89937709e099d492bcba3024470ba579adb18")]
    [InlineData("420.jpg", "4f853e2e96d606f7c2ce1ce0c26163d6d09d790adbe78a3bcd10c03a005f49a4")]
    [InlineData("422.jpg", "8627ccac073e9134d3580b4ba1cd4da535e1c6d975ad441c885469333caca2a5")]
    [InlineData("restart.jpg", "1906809c7fbaa3cd2e13d5bd81d796fe51f22493719716293f28f77e7f71e302")]
    [InlineData("cmyk.jpg", "b464492099f28b984f113c1d857bbf58399b4403f6fbc310991f2e7c6abe3363")]
    [InlineData("exif-6.jpg", "6f63505d84012110edc12e5dd046cbf11775465a88244307fc6712d0c940d952")]
    [InlineData("interlaced.gif", "6b2371662b8ff49b57993b15b1894b4d4b3e62c29005c02c5abb6952e5bea1c4")]
    [InlineData("animated.gif", "6b2371662b8ff49b57993b15b1894b4d4b3e62c29005c02c5abb6952e5bea1c4")]
    [InlineData("lossless-alpha.webp", "8f9b02e2270f2b21b07d81d81020bccb5d9399a95547fb29080017b74d2f87eb")]
    [InlineData("lossy-alpha.webp", "e4cd7f58c3d16f1747e2b0fbc83c51d669ceec2339c75d1af6770649c205b5c5")]
    [InlineData("exif-8.webp", "f274b00dca732d67d0766a9419ead58bd32114b2df5a24e194e44053aa3fa5e7")]
    [InlineData("interlaced.png", "68793f33ff2a966d3b53e48aeba6b15f89c25dfdc5d8059c5ed0e875714a3d3a")]
    [InlineData("rgb-16-bit.png", "426bbcd85fddc2e317d7dce8ce307ce5e4a187d4fec1ffea6f006865f8c6c466")]
    [InlineData("palette-transparent.png", "e03f09b6b570c8b6d31cedd0fca3b34ca606dbf7dc1bfa2dafa5f33ffbc1f4d3")]
    [InlineData("palette-4-bit.png", "9f553a8024a70adadcb35c9714cef03844c63794ba07da5644ca22ab77876bc4")]
    [InlineData("grey-1-bit.png", "60ced98ab130574e0d520913473b811f6ffbbf43364db5b964d949ee1ad19c3e")]
    [InlineData("exif-6.png", "118fc8c2bf4d1df161d46db88fef79d6b2c827c1fe28bde32dd1e5e1f876a46f")]
    [InlineData("32.bmp", "8f9b02e2270f2b21b07d81d81020bccb5d9399a95547fb29080017b74d2f87eb")]
    [InlineData("top-down.bmp", "8f9b02e2270f2b21b07d81d81020bccb5d9399a95547fb29080017b74d2f87eb")]
    [InlineData("palette.bmp", "6b2371662b8ff49b57993b15b1894b4d4b3e62c29005c02c5abb6952e5bea1c4")]
    public void A_picture_has_the_pixels_that_the_formats_own_library_gives(string name, string sha256)
    {
        var file = Picture(name);

        var shape = ImageDecoder.ShapeOf(file, Place);
        var planes = Decode(file, shape);

        Assert.Equal(26 * 19, shape.Width * shape.Height);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Interleaved(planes))));
    }

    [Fact]
    public void Tests_have_all_pictures() => Assert.Equal(20, Directory.GetFiles(PicturesFolder).Length);

    [Theory]
    [InlineData(1, "abcdef")]
    [InlineData(2, "cbafed")]
    [InlineData(3, "fedcba")]
    [InlineData(4, "defabc")]
    [InlineData(5, "adbecf")]
    [InlineData(6, "daebfc")]
    [InlineData(7, "fcebda")]
    [InlineData(8, "cfbead")]
    [InlineData(0, "abcdef")]
    [InlineData(9, "abcdef")]
    public void A_picture_is_turned_as_its_camera_noted(int orientation, string expected)
    {
        // Two rows, "abc" and "def".
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = [.. "\0abc\0def"u8] }
            .With("eXIf", ImageFiles.Exif(orientation)).Build();

        var shape = ImageDecoder.ShapeOf(file, Place);

        Assert.Equal(orientation is >= 5 and <= 8 ? new ImageShape(3, 3, 2) : new ImageShape(3, 2, 3), shape);
        Assert.Equal(expected.Select(letter => (byte)letter), Decode(file, shape)[..6]);
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(4, 1)]
    [InlineData(8, 0xFF)]
    [InlineData(10, 7)]
    public void Damaged_notes_of_a_camera_turn_nothing(int at, byte value)
    {
        var exif = ImageFiles.Exif(6);
        exif[at] ^= value;
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = new byte[8] }.With("eXIf", exif).Build();

        _ = ImageDecoder.ShapeOf(file, Place);
        Assert.All(Enumerable.Range(0, exif.Length), length => _ = ExifOrientations.Read(exif.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("420.jpg")]
    [InlineData("422.jpg")]
    [InlineData("restart.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    public void A_jpeg_that_is_cut_anywhere_and_given_an_end_is_refused(string name)
    {
        var file = Picture(name);

        for (var length = 2; length < file.Length - 2; length++)
            AssertRefused([.. file.AsSpan(0, length), 0xFF, 0xD9], "not a readable image");
    }

    [Theory]
    [InlineData("progressive.jpg")]
    [InlineData("exif-8.webp")]
    [InlineData("lossy-alpha.webp")]
    [InlineData("lossless-alpha.webp")]
    [InlineData("interlaced.gif")]
    [InlineData("interlaced.png")]
    [InlineData("palette-transparent.png")]
    [InlineData("top-down.bmp")]
    public void A_file_that_is_cut_anywhere_is_refused(string name)
    {
        var file = Picture(name);

        for (var length = 0; length < file.Length; length++)
            AssertRefused(file[..length], "not a readable image");
    }

    [Fact]
    public void A_gif_that_has_fewer_pixels_than_its_frame_is_refused()
    {
        // 2×2 pixels; the codes are: clear, 0, end.
        byte[] file = [.. "GIF89a"u8, 2, 0, 2, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6, 0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x44, 0x01, 0, 0x3B];

        AssertRefused(file, "not a readable image");
    }

    [Fact]
    public void Any_flipped_bit_of_a_png_is_refused()
    {
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = [.. "\0abc\0def"u8] }.With("tEXt", "a\0b"u8.ToArray()).Build();

        for (var bit = 0; bit < 8 * file.Length; bit++)
        {
            var damaged = file.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(damaged, "not a readable image");
        }
    }

    [Fact]
    public void Image_data_with_a_wrong_checksum_in_chunks_with_right_ones_is_refused()
    {
        var builder = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = [.. "\0abc\0def"u8] };
        var wrong = builder.Packed();
        wrong[^1] ^= 1;

        AssertRefused(builder.BuildWith(wrong), "checksum");
        AssertRefused(builder.BuildWith(builder.Packed()[..^4]), "not a readable image");
        AssertRefused(builder.BuildWith([.. builder.Packed(), 0]), "not a readable image");
    }

    [Theory]
    [InlineData(7, "truncated: 7 bytes of image data, 8 expected")]
    [InlineData(9, "more image data than the 8 bytes")]
    public void Image_data_of_another_length_than_the_size_asks_for_is_refused(int length, string why) =>
        AssertRefused(new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = new byte[length] }.Build(), why);

    [Fact]
    public void Image_data_in_two_places_is_refused()
    {
        var builder = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = new byte[8] };
        var packed = builder.Packed();

        Decode(builder.BuildWith(packed[..3], packed[3..]), new ImageShape(3, 2, 3));
        AssertRefused(builder.With("IDAT", packed[..3]).With("tEXt", []).BuildWith(packed[3..]), "does not follow");
    }

    [Fact]
    public void Eight_bytes_of_jpeg_are_refused() =>
        AssertRefused([0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 0xFF, 0xD9], "65,535 bytes");

    [Fact]
    public void A_chunk_of_negative_length_is_refused()
    {
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = new byte[8] }.Build();
        file.AsSpan(33, 4).Fill(0xFF);

        AssertRefused(file, "4,294,967,295 bytes");
    }

    [Theory]
    [InlineData("zTXt")]
    [InlineData("iCCP")]
    [InlineData("iTXt")]
    public void What_is_packed_beside_the_pixels_takes_no_memory(string kind)
    {
        byte[] packed = [.. "a\0\0"u8, .. kind == "iTXt" ? "\0\0"u8 : [], .. PngBuilder.Pack(new byte[200_000_000])];
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = [.. "\0abc\0def"u8] }.With(kind, packed).Build();

        var structure = ImageStructure.Read(file);

        Assert.InRange(structure.Content.Length, 1, 200);
        Assert.Equal("abcdef"u8.ToArray(), Decode(file, new ImageShape(3, 2, 3))[..6]);
    }

    [Fact]
    public void Pixels_that_are_more_than_the_size_are_not_unpacked()
    {
        var file = new PngBuilder { Width = 3, Height = 2, Depth = 8, Colour = 0, Rows = new byte[200_000_000] }.Build();
        var before = GC.GetAllocatedBytesForCurrentThread();

        AssertRefused(file, "more image data");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Theory]
    [InlineData(60_000, 60_000)]
    [InlineData(int.MaxValue, int.MaxValue)]
    [InlineData(0, 3)]
    [InlineData(3, -1)]
    public void Sides_that_would_fill_the_memory_are_refused_before_anything_is_read(int width, int height)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        AssertRefused(new PngBuilder { Width = width, Height = height, Depth = 8, Colour = 0, Rows = [] }.Build(), "pixels");
        AssertRefused(ImageFiles.BmpHeader(width, height == -1 ? int.MinValue : height), "pixels");

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(5, 3)]
    public void A_bitmap_from_the_top_is_the_one_from_below(int width, int height)
    {
        var below = ImageFiles.Bmp(width, height, (1, 2, 3));
        var top = below.ToArray();
        BitConverter.TryWriteBytes(top.AsSpan(22), -height);
        var stride = (3 * width + 3) / 4 * 4;
        below[54 + stride * (height - 1)] = 99; // the first pixel's blue
        top[54] = 99;

        Assert.Equal(Decode(below, new ImageShape(3, height, width)), Decode(top, new ImageShape(3, height, width)));
    }

    [Fact]
    public void Scans_without_number_are_refused()
    {
        Assert.Equal(new ImageShape(3, 8, 8), ImageDecoder.ShapeOf(Grey(scans: 100), "it"));
        AssertRefused(Grey(scans: 101), "more than 100 scans");
    }

    [Fact]
    public void A_scan_that_comes_again_is_refused()
    {
        var file = Picture("progressive.jpg");
        var scan = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);

        AssertRefused([.. file[..^2], .. file[scan..]], "scans that do not follow");
    }

    [Theory]
    [InlineData("II*\0", "a TIFF image")]
    [InlineData("\0\0\u0001\0", "a Windows icon")]
    [InlineData("\0\0\0 ftypavif", "an AVIF image")]
    [InlineData("P6 2 2 255 ", "a Netpbm image")]
    [InlineData("<!DOCTYPE html>", "a web page")]
    [InlineData("not here", "a text")]
    [InlineData("%PDF-1.7", "a PDF document")]
    [InlineData("\u0001\u0002\u0003", "of no kind that is known")]
    [InlineData("", "an empty file")]
    public void What_is_no_image_is_named_as_what_it_is(string content, string kind) =>
        AssertRefused(System.Text.Encoding.Latin1.GetBytes(content), kind);

    [Fact]
    public void An_image_that_leaves_pixels_out_does_not_show_another()
    {
        // One pixel at the top left of 2×2, of the colour 1, 2, 3.
        byte[] file = [.. "GIF89a"u8, 2, 0, 2, 0, 0x80, 0, 0, 1, 2, 3, 4, 5, 6, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0, 0x3B];
        var shape = new ImageShape(3, 2, 2);
        Decode(new PngBuilder { Width = 2, Height = 2, Depth = 8, Colour = 0, Rows = [0, 200, 200, 0, 200, 200] }.Build(), shape);

        var first = Decode(file, shape);

        Assert.Equal((1, 2, 3), (first[0], first[4], first[8]));
        Assert.DoesNotContain((byte)200, first);
    }

    [Fact]
    public void What_Skia_writes_is_read()
    {
        using var bitmap = new SKBitmap(9, 7);
        bitmap.Erase(new SKColor(10, 200, 30));

        foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
        {
            using var data = bitmap.Encode(format, 100);
            var pixels = Decode(data.ToArray(), new ImageShape(3, 7, 9));
            Assert.InRange(pixels[63], 196, 204);
        }
    }

    private static string PicturesFolder => Path.Combine(AppContext.BaseDirectory, "Datasets", "Pictures");

    internal static byte[] Picture(string name) => File.ReadAllBytes(Path.Combine(PicturesFolder, name));

    private static byte[] Decode(byte[] file, ImageShape shape)
    {
        var pixels = new byte[shape.Length];
        ImageDecoder.Decode(file, Place, shape, pixels);
        return pixels;
    }

    private static byte[] Interleaved(byte[] planes)
    {
        var pixels = planes.Length / 3;
        return [.. Enumerable.Range(0, planes.Length).Select(at => planes[at % 3 * pixels + at / 3])];
    }

    private static void AssertRefused(byte[] file, string why)
    {
        var exception = Assert.Throws<DatasetException>(() =>
        {
            var shape = ImageDecoder.ShapeOf(file, Place);
            Decode(file, shape);
        });
        Assert.StartsWith(Place, exception.Message, StringComparison.Ordinal);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// A grey progressive JPEG of one block. 49 of its coefficients come in two scans each, the last bit in the second. Every scan has one
    /// bit, for "nothing but zeros", filled up with ones.
    /// </summary>
    private static byte[] Grey(int scans)
    {
        const int inTwo = 49;
        const int last = 63;
        List<byte> file =
        [
            0xFF, 0xD8,
            0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)1, 64),
            0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0,
            0xFF, 0xC4, 0, 20, 0x00, 1, .. new byte[15], 0,
            0xFF, 0xC4, 0, 20, 0x10, 1, .. new byte[15], 0,
        ];
        var inOne = inTwo + scans - 2 * (1 + inTwo);
        Add(0, 0, 0x00);
        for (var coefficient = 1; coefficient <= inTwo; coefficient++)
        {
            Add(coefficient, coefficient, 0x01);
            Add(coefficient, coefficient, 0x10);
        }

        for (var coefficient = inTwo + 1; coefficient <= inOne; coefficient++)
            Add(coefficient, coefficient, 0x00);
        Add(inOne + 1, last, 0x00);
        return [.. file, 0xFF, 0xD9];

        void Add(int first, int last, byte bits) =>
            file.AddRange([0xFF, 0xDA, 0, 8, 1, 1, 0x00, (byte)first, (byte)last, bits, 0x7F]);
    }
}
