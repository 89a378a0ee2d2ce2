using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Cifar;
using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Datasets.Sources.Tables;

namespace FlDurable.Shared.Datasets.Library;

/// <summary>The sources that arguments name.</summary>
/// <param name="names">What there is to name.</param>
/// <param name="cifar10Download">Makes the source of <c>cifar10</c>.</param>
internal sealed class DatasetSources(DatasetNames names, Func<SourceForm, IDatasetSource> cifar10Download)
{
    /// <summary>CIFAR-10 from the cache, or downloaded into it.</summary>
    public IDatasetSource Cifar10Download(SourceForm form) => cifar10Download(form);

    /// <summary>The source that an argument names.</summary>
    /// <exception cref="DatasetException">It names nothing that is there.</exception>
    public IDatasetSource Open(string argument, SourceForm form, CancellationToken cancellationToken) => names.Parse(argument) switch
    {
        DatasetArgument.Cifar10Download => Cifar10Download(form),
        DatasetArgument.Files files => Open(files.Kind, files.Path, form),
        DatasetArgument.Synthetic synthetic => new SyntheticSource(synthetic.Parameters, form),
        DatasetArgument.Own own => new OwnDatasetSource(own.Dataset, own.Argument, form),
        DatasetArgument.Any any => Open(KindAt(any.Path, cancellationToken), any.Path, form),
        var other => throw new InvalidOperationException($"no source for {other}"),
    };

    private static FileSource Open(string kind, string path, SourceForm form) => kind switch
    {
        IdxSource.KindName => new IdxSource(path, form),
        ImagesSource.KindName => new ImagesSource(path, form),
        ParquetSource.KindName => new ParquetSource(path, form),
        TableSource.KindName => new TableSource(path, form),
        _ => new CifarSource(CifarForm.All.Single(cifar => cifar.Kind == kind), path, form),
    };

    /// <summary>The kind of what is at a path, by the names of its files.</summary>
    private string KindAt(string path, CancellationToken cancellationToken)
    {
        if (!Path.Exists(path))
            throw new DatasetException($"data: '{EntryName.Printable(path)}': no such file or folder; expected {names.Forms}");
        if (ParquetFiles.IsOne(path))
            return ParquetSource.KindName;
        if (File.Exists(path) && TableFiles.IsNamed(path))
            return TableSource.KindName;
        foreach (var name in NearFiles.NamesAt(path, cancellationToken))
        {
            if (CifarForm.All.FirstOrDefault(known => known.IsKnownBy(name)) is { } cifar)
                return cifar.Kind;
            if (IdxSource.IsPart(name))
                return IdxSource.KindName;
            if (ParquetFiles.IsNamed(name))
                return ParquetSource.KindName;
            if (TableFiles.IsNamed(name))
                return TableSource.KindName;
        }

        return ImagesSource.KindName;
    }
}
