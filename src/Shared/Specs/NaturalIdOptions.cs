namespace FlDurable.Shared.Specs;

/// <summary>What a spec says of clients that the data itself tells apart. It concerns the reading of data, not its division alone.</summary>
internal static class NaturalIdOptions
{
    /// <summary>The partitioner's name.</summary>
    public const string Partitioner = "naturalid";

    /// <summary>Stands for image files' folders.</summary>
    public const string Folder = "folder";

    private const int MaxLength = 200;

    /// <summary>By what the clients are told apart.</summary>
    public static TextField By { get; } = new("by", "What tells the clients apart: the column of a table or of Parquet files, or `folder` for a folder above each class's.")
    {
        Form = new TextForm("a column's name of 1 to 200 characters, or folder", text => text.Length is >= 1 and <= MaxLength) { Pattern = "^.{1,200}$", MostCharacters = MaxLength },
        Default = Folder,
        Example = "COLUMN|folder",
    };

    /// <summary>By what a spec has its clients told apart; null where the data doesn't tell that.</summary>
    public static string? In(FederationSpec spec) => spec.Partitioner.Name == Partitioner ? spec.Partitioner.Of(By) : null;
}
