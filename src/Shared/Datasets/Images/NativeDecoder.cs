using SkiaSharp;

namespace FlDurable.Shared.Datasets.Images;

/// <summary>
/// Whether SkiaSharp's native library is the one that its managed part was made for. Another package may bring natives of another version under the same
/// file's name, and which of them a program gets is chance.
/// </summary>
internal static class NativeDecoder
{
    private static readonly Lazy<string?> Reason = new(() => WhyNot(() => (SkiaSharpVersion.Native, SkiaSharpVersion.NativeMinimum, SkiaSharpVersion.CheckNativeLibraryCompatible())));

    /// <summary>Refuses to decode with another library, before anything is called in it that may not be there.</summary>
    /// <exception cref="DatasetException">It is another, or there is none.</exception>
    public static void Require()
    {
        if (Reason.Value is { } reason)
            throw new DatasetException(reason);
    }

    /// <summary>Why images can't be decoded; null if they can.</summary>
    /// <param name="ask">What version the native library has, what version is needed at least, and whether they go together.</param>
    internal static string? WhyNot(Func<(Version Native, Version Needed, bool GoTogether)> ask)
    {
        var package = typeof(SKCodec).Assembly.GetName().Version!.ToString(2);
        try
        {
            var (native, needed, goTogether) = ask();
            return goTogether ? null : $"images can't be decoded: the native library of SkiaSharp that this program has is of version {native}, and SkiaSharp {package} needs {needed}. {Advice}";
        }
        catch (Exception exception) when (exception is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or InvalidOperationException)
        {
            return $"images can't be decoded: the native library of SkiaSharp {package} can't be loaded ({(exception.InnerException ?? exception).Message}). {Advice}";
        }
    }

    private static string Advice =>
        "A package in the program's graph brings natives of another version (dotnet list package --include-transitive shows them: SkiaSharp.NativeAssets.*, or one that has libSkiaSharp); expected all of one version, that of SkiaSharp.";
}
