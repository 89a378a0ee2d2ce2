namespace FlDurable.Shared.Datasets;

/// <summary>Why a file of the user's can't be used, in words that don't name the program's own calls.</summary>
internal static class FileFailure
{
    public static string Describe(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "this user has no right to it, or it is a folder where a file is expected.",
        FileNotFoundException or DirectoryNotFoundException => "it is gone.",
        _ => exception.Message,
    };
}
