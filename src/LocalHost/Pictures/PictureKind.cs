using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Pictures;

/// <summary>What a picture is written as.</summary>
internal enum PictureKind
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text.</summary>
    Svg,
}

/// <summary>Which kind a file is.</summary>
internal static class PictureKinds
{
    /// <summary>What a file's name asks for: PNG where it asks for nothing, as stdout and pipes do.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The name.</param>
    /// <exception cref="UsageException">It asks for another kind.</exception>
    public static PictureKind Of(string option, string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        "" or ".png" => PictureKind.Png,
        ".svg" => PictureKind.Svg,
        var other => throw new UsageException($"{option}: expected a name that ends in .png or .svg, got '{other}' in '{path}'"),
    };
}
