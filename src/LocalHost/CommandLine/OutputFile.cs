using System.Text.RegularExpressions;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>
/// Where <c>--out</c> writes. A new file appears whole or not at all, and so does what replaces a file's content; links are followed, modes and
/// owners kept. A file that would lose its owner, or its other names, is written over in place. What holds nothing, as a pipe or a device does, is
/// written into. <c>-</c> is stdout.
/// </summary>
/// <param name="path">What the command line names.</param>
/// <param name="terminal">Has stdout.</param>
internal sealed partial class OutputFile(string path, Terminal terminal)
{
    private const UnixFileMode Permissions = (UnixFileMode)0b111_111_111;

    /// <summary>Whether it is stdout, so that what is told about it goes to stderr.</summary>
    public bool IsStandardOutput => path is "-" or "/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1";

    /// <summary>Where a command tells what it does.</summary>
    public TextWriter News => terminal.News(IsStandardOutput);

    /// <exception cref="UsageException">It can't be written.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (IsStandardOutput)
        {
            terminal.Write(content);
            return;
        }

        if (path.Length == 0)
            throw Refused("it has no name; expected a file, or - for stdout");
        if (path.Contains('\uFFFD', StringComparison.Ordinal))
            throw Refused("its name is no UTF-8, and another would be written in its place");
        if (Directory.Exists(path))
            throw Refused("it is a folder; expected a file, or a place for one");
        try
        {
            // Opening a pipe waits for its reader, and can't be called off but by leaving it.
            await Task.Run(() => Write(content.Span), CancellationToken.None).WaitAsync(cancellationToken);
        }
        catch (DirectoryNotFoundException)
        {
            throw Refused($"there is no folder '{Path.GetDirectoryName(Path.GetFullPath(path))}'");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Refused(exception.Message);
        }
    }

    private void Write(ReadOnlySpan<byte> content)
    {
        if (IsDescriptor(Path.GetFullPath(path)))
        {
            if (!TryWriteInto(path, content, atEnd: true))
                throw new IOException("no such descriptor is open");
            return;
        }

        var target = new FileInfo(TargetOf(Path.GetFullPath(path)));
        var there = NamedFile.Find(target.FullName);
        if (there?.IsRegular ?? (target.Exists && target.Length > 0))
            Replace(target, content, there);
        else if (!TryWriteInto(path, content, atEnd: false))
            new WholeFile { Mode = terminal.FileMode }.TryWrite(target.FullName, content);
    }

    /// <summary>Whether a name, or what it leads to, stands for what a process has open: the file that this is has other writers, and is not to be replaced.</summary>
    private static bool IsDescriptor(string path)
    {
        const int mostLinks = 40; // as many as Linux follows
        var name = path;
        for (var followed = 0; followed < mostLinks; followed++)
        {
            if (OpenDescriptor().IsMatch(name))
                return true;
            if (new FileInfo(name).LinkTarget is not { } next)
                return false;
            name = Path.GetFullPath(next, Path.GetDirectoryName(name)!);
        }

        return false;
    }

    [GeneratedRegex("^(/dev/fd|/proc/[^/]+(/task/[^/]+)?/fd)/", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex OpenDescriptor();

    private static string TargetOf(string path) => new FileInfo(path) is { LinkTarget: not null } link
        ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName
        : path;

    private static void Replace(FileInfo target, ReadOnlySpan<byte> content, NamedFile? there)
    {
        // Opened first: what may not be written is not to be replaced either.
        using var old = new FileStream(target.FullName, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var mode = OperatingSystem.IsWindows() ? (UnixFileMode?)null : File.GetUnixFileMode(target.FullName) & Permissions;
        if (there is not { Names: > 1 } && new WholeFile { Mode = mode, Owner = there }.TryWrite(target.FullName, content))
            return;
        old.SetLength(0);
        old.Write(content);
    }

    // By the name that was given: what a link of /proc leads to, such as the pipe of a shell's >(…), has no name of its own.
    private static bool TryWriteInto(string path, ReadOnlySpan<byte> content, bool atEnd)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            if (atEnd && file.CanSeek)
                file.Seek(0, SeekOrigin.End);
            file.Write(content);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private UsageException Refused(string reason) => new($"--out: '{path}' can't be written: {reason}");
}
