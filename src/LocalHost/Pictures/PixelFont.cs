namespace FlDurable.LocalHost.Pictures;

/// <summary>
/// Letters of 5×8 pixels, the last row below the base line, from PixelFont.txt: pictures have text on machines without any font too.
/// </summary>
internal sealed class PixelFont
{
    /// <summary>The width of a letter and the gap after it.</summary>
    public const int Advance = Width + 1;

    /// <summary>The height of a letter.</summary>
    public const int Height = 8;

    private const int Width = 5;
    private const char Ink = '#';
    private const char Unknown = '\uFFFD';

    private readonly Dictionary<char, string[]> letters = [];

    private PixelFont(string[] lines)
    {
        // Blocks of a line that names letters and the rows of all of these.
        foreach (var block in lines.Where(line => line.Length > 0).Chunk(1 + Height))
        {
            for (var left = 0; left < block[0].Length; left += Advance)
                letters[block[0][left]] = [.. block.Skip(1).Select(row => row.Substring(left, Width))];
        }
    }

    /// <summary>The font.</summary>
    public static PixelFont Default { get; } = Load();

    /// <summary>Whether a letter is there; others are drawn as a box.</summary>
    public bool Has(char letter) => letters.ContainsKey(letter);

    /// <summary>Draws a line of text.</summary>
    /// <param name="picture">Where.</param>
    /// <param name="text">What.</param>
    /// <param name="left">Where it begins.</param>
    /// <param name="top">Its upper edge.</param>
    /// <param name="scale">Pixels of the picture for one of the font.</param>
    public void Draw(Picture picture, string text, int left, int top, int scale)
    {
        for (var index = 0; index < text.Length; index++)
        {
            var rows = letters.GetValueOrDefault(text[index]) ?? letters[Unknown];
            for (var y = 0; y < Height; y++)
            {
                for (var x = 0; x < Width; x++)
                {
                    if (rows[y][x] == Ink)
                        picture.Fill(left + (index * Advance + x) * scale, top + y * scale, scale, 0, 0, 0);
                }
            }
        }
    }

    private static PixelFont Load()
    {
        using var resource = typeof(PixelFont).Assembly.GetManifestResourceStream("PixelFont.txt")!;
        using var reader = new StreamReader(resource);
        return new PixelFont(reader.ReadToEnd().Split('\n'));
    }
}
