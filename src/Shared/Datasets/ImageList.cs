namespace FlDurable.Shared.Datasets;

/// <summary>
/// What lies beside the images of a client's part: their order, and what a part alone does not tell, since it may have no image of a class and
/// none with a colour. Whoever reads the folder with it has the examples that the client had in the simulation, in the same order.
/// </summary>
/// <param name="Version">The version of this form.</param>
/// <param name="Classes">All classes' names, by label.</param>
/// <param name="Channels">Channels of each image: 1 or 3.</param>
/// <param name="Train">The images to train on, in order: <c>train/CLASS/FILE</c>.</param>
/// <param name="Validation">Those to evaluate on, likewise in <c>val</c>; possibly none.</param>
public sealed record ImageList(int Version, IReadOnlyList<string> Classes, int Channels, IReadOnlyList<string> Train, IReadOnlyList<string> Validation)
{
    /// <summary>The version that this build writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The name of its file, beside <c>train</c> and <c>val</c>.</summary>
    public const string FileName = "fldurable-images.json";

    /// <summary>The folder of the images to train on.</summary>
    public const string TrainFolder = "train";

    /// <summary>The folder of the images to evaluate on.</summary>
    public const string ValidationFolder = "val";
}
