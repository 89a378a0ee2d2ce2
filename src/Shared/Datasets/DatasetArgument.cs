using System.Globalization;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Datasets;

/// <summary>What a <c>--data</c> argument asks for.</summary>
internal abstract record DatasetArgument
{
    /// <summary>The forms that <see cref="Parse"/> takes, for messages.</summary>
    public const string Forms = "cifar10, cifar10:PATH, cifar100:PATH, cifar100-coarse:PATH, idx:PATH, images:PATH, parquet:PATH, table:PATH, synthetic, synthetic:train=N,test=N,seed=N or a path";

    private const int MaxLength = 4096; // no path is longer

    private DatasetArgument()
    {
    }

    /// <summary>CIFAR-10 from the cache, or downloaded into it.</summary>
    public sealed record Cifar10Download : DatasetArgument;

    /// <summary>Files of a kind in a folder or an archive.</summary>
    public sealed record Files(string Kind, string Path) : DatasetArgument;

    /// <summary>A data set of the host's own, with what follows its name and a colon.</summary>
    public sealed record Own(INamedDataset Dataset, string? Argument) : DatasetArgument;

    /// <summary>Files of whichever kind is there.</summary>
    public sealed record Any(string Path) : DatasetArgument;

    /// <summary>Made, not read.</summary>
    public sealed record Synthetic(SyntheticParameters Parameters) : DatasetArgument;

    /// <summary>Reads an argument. A file is not looked for yet.</summary>
    /// <exception cref="DatasetException">A path is missing, or a parameter is unknown or out of range.</exception>
    public static DatasetArgument Parse(string data)
    {
        if (string.IsNullOrWhiteSpace(data))
            throw new DatasetException($"data: empty; expected {Forms}");
        if (data.Length > MaxLength)
            throw new DatasetException($"data: expected at most {MaxLength} characters, got '{Excerpt.Counted(data)}'; expected {Forms}");
        var colon = data.IndexOf(':', StringComparison.Ordinal);
        var rest = colon < 0 ? null : data[(colon + 1)..];
        return (colon < 0 ? data : data[..colon]) switch
        {
            "cifar10" when rest is null => new Cifar10Download(),
            ("cifar10" or "cifar100" or "cifar100-coarse" or "idx" or "images" or "parquet" or "table") and var kind when rest is not null => new Files(kind, PathIn(data, rest)),
            "synthetic" => new Synthetic(rest is null ? new SyntheticParameters() : ParametersIn(data, rest)),
            _ => new Any(data),
        };
    }

    private static string PathIn(string data, string path) =>
        !string.IsNullOrWhiteSpace(path) ? path : throw new DatasetException($"data: '{Excerpt.Counted(data)}' names no path after the colon; expected {Forms}");

    private static SyntheticParameters ParametersIn(string data, string text)
    {
        var parameters = new SyntheticParameters();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var assignment in text.Split(','))
        {
            var (name, value) = assignment.Split('=') is [var left, var right] ? (left, right) : throw Wrong($"'{Excerpt.Of(assignment)}' is no name=N");
            if (!seen.Add(name))
                throw Wrong($"'{name}' is given twice");
            parameters = name switch
            {
                "train" => parameters with { Train = (int)Number(name, value, 1, SyntheticParameters.MaxImages) },
                "test" => parameters with { Test = (int)Number(name, value, 1, SyntheticParameters.MaxImages) },
                "seed" => parameters with { Seed = Number(name, value, 0, RandomStream.MaxSeed) },
                _ => throw Wrong($"unknown parameter '{Excerpt.Of(name)}'"),
            };
        }

        return parameters;

        long Number(string name, string value, long least, long most) =>
            long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw Wrong(FormattableString.Invariant($"{name} is '{Excerpt.Of(value)}', expected {least} to {most}"));

        DatasetException Wrong(string what) => new($"data: '{Excerpt.Counted(data)}': {what}; the form is synthetic:train=N,test=N,seed=N, each optional");
    }
}
