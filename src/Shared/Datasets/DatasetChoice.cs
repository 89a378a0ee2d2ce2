namespace FlDurable.Shared.Datasets;

/// <summary>What a spec's <c>data</c> means, before anything is looked for.</summary>
public static class DatasetChoice
{
    /// <summary>Whether it names a file or folder of the machine that it runs on.</summary>
    /// <param name="data">What the spec names.</param>
    /// <exception cref="DatasetException">It is of no form that is known.</exception>
    public static bool NamesFile(string data) => FileOf(data) is not null;

    /// <summary>The file or folder that it names; null if none.</summary>
    /// <param name="data">What the spec names.</param>
    /// <exception cref="DatasetException">It is of no form that is known.</exception>
    public static string? FileOf(string data) => DatasetArgument.Parse(data) switch
    {
        DatasetArgument.Files files => files.Path,
        DatasetArgument.Any any => any.Path,
        _ => null,
    };
}
