namespace FlDurable.Shared.Records;

/// <summary>
/// The one rule by which parameters that can be evaluated are doubted: their loss is many times that of guessing, which no model that learns
/// comes to.
/// </summary>
public static class Divergence
{
    /// <summary>How many times, on images that somebody has labelled.</summary>
    public const double TimesGuessing = 10;

    /// <summary>How many times, on made-up ones: of these a good model too may be wrong, and sure of it.</summary>
    private const double TimesGuessingOnMadeUpImages = 1000;

    /// <summary>Why parameters are doubted, for a person; null if they are not.</summary>
    /// <param name="loss">Their loss.</param>
    /// <param name="classes">The network's classes.</param>
    /// <param name="which">Which loss it is: <c>central</c>.</param>
    public static string? Find(double loss, int classes, string which) => Find(loss, classes, $"the {which} loss", TimesGuessing);

    /// <summary>Why parameters are doubted that were tried on made-up images; null if they are not.</summary>
    public static string? FindOnMadeUpImages(double loss, int classes) =>
        Find(loss, classes, "the loss on made-up images", TimesGuessingOnMadeUpImages);

    private static string? Find(double loss, int classes, string what, double times)
    {
        var guessing = Math.Log(classes);
        return classes > 1 && loss > times * guessing
            ? FormattableString.Invariant($"{what} is {loss:G4}, more than {times} times that of guessing, ln {classes} = {guessing:F3}")
            : null;
    }
}
