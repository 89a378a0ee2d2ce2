using FlDurable.Shared.Datasets.Containers;
using Parquet.Schema;

namespace FlDurable.Shared.Datasets.Sources.Parquet;

/// <summary>Which columns of a file have the images and the labels.</summary>
/// <param name="Image">Image files.</param>
/// <param name="Path">What they are called, where that is told beside them.</param>
/// <param name="Label">Labels.</param>
/// <param name="Client">What tells the clients apart; null where that isn't asked.</param>
internal sealed record ParquetColumns(DataField Image, DataField? Path, DataField Label, DataField? Client)
{
    private const string BytesOf = "bytes";
    private const string PathOf = "path";

    private static readonly string[] UsualImages = ["image", "img"];
    private static readonly string[] UsualLabels = ["label", "labels", "fine_label", "character", "coarse_label"];

    /// <summary>Finds them: those that are asked for, else by their types and the names that are usual.</summary>
    /// <exception cref="DatasetException">They are not there, or there are several; the message has those that there are.</exception>
    public static ParquetColumns In(ParquetTable table, string place, SourceForm form)
    {
        var images = table.Columns.Where(column => ParquetTable.IsBytes(column) && (column.Path.Length == 1 || (column.Path.Length == 2 && column.Name == BytesOf))).ToList();
        var image = form.ImageColumn is { } asked
            ? images.Find(column => column.Path.FirstPart == asked) ?? throw Missing($"imageColumn: there is no column '{EntryName.Printable(asked)}' of images")
            : images is [var only] ? only
            : images.Find(column => UsualImages.Contains(column.Path.FirstPart)) ?? throw Missing(images.Count == 0 ? "there is no column of images" : "imageColumn: several columns may have the images; expected the name of one");
        var labels = table.Columns.Where(column => column.Path.Length == 1 && (ParquetTable.IsText(column) || ParquetTable.IsWhole(column))).ToList();
        var name = form.LabelColumn ?? Array.Find(UsualLabels, usual => labels.Exists(column => column.Name == usual));
        var label = labels.Find(column => column.Name == name) ?? throw Missing(name is null
            ? "labelColumn: there is no column with a usual name of labels; expected the name of one"
            : $"labelColumn: there is no column '{EntryName.Printable(name)}' of whole numbers or texts");
        var client = form.By is { } by
            ? labels.Find(column => column.Name == by) ?? throw Missing($"partitioner: naturalid: there is no column '{EntryName.Printable(by)}' of whole numbers or texts")
            : null;
        return new ParquetColumns(image, table.Columns.FirstOrDefault(column => column.Path.Length == 2 && column.Path.FirstPart == image.Path.FirstPart && column.Name == PathOf), label, client);

        DatasetException Missing(string why) =>
            new($"{place}: {why}. It has {string.Join(", ", table.Columns.Take(20).Select(column => $"'{EntryName.Printable(string.Join('.', column.Path.ToList()))}'"))}");
    }
}
