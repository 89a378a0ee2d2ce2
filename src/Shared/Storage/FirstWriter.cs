using System.Runtime.InteropServices;

namespace FlDurable.Shared.Storage;

/// <summary>Lets exactly one of many files become the one of a name.</summary>
internal static partial class FirstWriter
{
    private const int NameIsTaken = 17; // EEXIST, the same on every Unix

    /// <summary>
    /// Gives a file its name, unless that is taken, in one step. The file may keep the name that it had: whoever made it deletes that.
    /// </summary>
    /// <returns>Whether the name was free.</returns>
    /// <exception cref="IOException">The file can't get the name.</exception>
    public static bool TryName(string file, string name)
    {
        if (OperatingSystem.IsWindows())
            return TryMove(file, name);

        // File.Move looks first and then renames, which replaces what came in between.
        if (Link(file, name) == 0)
            return true;
        if (Marshal.GetLastPInvokeError() == NameIsTaken)
            return false;
        throw new IOException(Marshal.GetLastPInvokeErrorMessage());
    }

    private static bool TryMove(string file, string name)
    {
        try
        {
            File.Move(file, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string existing, string added);
}
