using System.Collections.Frozen;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets;

/// <summary>What a spec's <c>data</c> can mean on a host, before anything is looked for: the built-in forms, and the host's own data sets.</summary>
public sealed class DatasetNames : ISpecAlternatives
{
    private readonly FrozenDictionary<string, INamedDataset> own;

    /// <summary>The built-in forms, and a host's own.</summary>
    /// <exception cref="ArgumentException">Two have one name, or one has a built-in form's, or none.</exception>
    public DatasetNames(params IEnumerable<INamedDataset> own)
    {
        this.own = NamedParts.ByName("data set", own, dataset => dataset.Name);
        if (this.own.Keys.FirstOrDefault(IsTaken) is { } taken)
            throw new ArgumentException($"data set '{taken}': a built-in form of data has this name, or it is one letter, as a drive has; expected another name", nameof(own));
    }

    string ISpecAlternatives.Field => "data";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. own.Values.OrderBy(dataset => dataset.Name, StringComparer.Ordinal).Select(dataset => new SpecAlternative(dataset.Name) { Package = dataset.Package })];

    /// <summary>The forms that a spec can have, for messages.</summary>
    internal string Forms => string.Join(", ", own.Keys.Order(StringComparer.Ordinal).Append(DatasetArgument.Forms));

    /// <summary>Whether it names a file or folder of the machine that it runs on.</summary>
    /// <param name="data">What the spec names.</param>
    /// <exception cref="DatasetException">It is of no form that is known.</exception>
    public bool NamesFile(string data) => FileOf(data) is not null;

    /// <summary>The file or folder that it names; null if none.</summary>
    /// <param name="data">What the spec names.</param>
    /// <exception cref="DatasetException">It is of no form that is known.</exception>
    public string? FileOf(string data) => Parse(data) switch
    {
        DatasetArgument.Files files => files.Path,
        DatasetArgument.Own one => one.Dataset.FileOf(one.Argument),
        DatasetArgument.Any any => any.Path,
        _ => null,
    };

    /// <summary>
    /// Whether it has the images that <see cref="Networks.NetworkPlan.Usual"/> is for, as can be told before anything is read: CIFAR-10, from wherever, or
    /// what is made in its form. Of other data it can't be told.
    /// </summary>
    /// <param name="data">What the spec names; null for the default.</param>
    /// <exception cref="DatasetException">It is of no form that is known.</exception>
    public bool IsOfUsualForm(string? data) =>
        data is null || Parse(data) is DatasetArgument.Cifar10Download or DatasetArgument.Synthetic or DatasetArgument.Files { Kind: "cifar10" };

    /// <summary>Reads what a spec names. A file is not looked for yet.</summary>
    /// <exception cref="DatasetException">A path is missing, or a parameter is unknown or out of range.</exception>
    internal DatasetArgument Parse(string data)
    {
        var colon = data.IndexOf(':', StringComparison.Ordinal);
        return own.TryGetValue(colon < 0 ? data : data[..colon], out var dataset)
            ? new DatasetArgument.Own(dataset, colon < 0 ? null : data[(colon + 1)..])
            : DatasetArgument.Parse(data);
    }

    private static bool IsTaken(string name)
    {
        try
        {
            return name.Length == 1 || DatasetArgument.Parse(name) is not DatasetArgument.Any || DatasetArgument.Parse($"{name}:path") is not DatasetArgument.Any;
        }
        catch (DatasetException)
        {
            return true; // it is a form's, which has no such argument
        }
    }
}
