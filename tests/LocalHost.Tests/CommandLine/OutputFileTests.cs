using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.Versioning;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;

namespace FlDurable.LocalHost.Tests.CommandLine;

/// <summary>What <c>--out</c> does to what is there. Pipes and devices are made in a folder of the test's own.</summary>
public sealed class OutputFileTests : IDisposable
{
    private static readonly byte[] Content = [1, 2, 3, 200];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-out-");
    private readonly MemoryStream output = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_new_file_has_the_content_and_nothing_is_left_beside_it()
    {
        await WriteAsync(PathOf("new"));

        Assert.Equal(Content, await ReadAsync("new"));
        Assert.Equal("new", Assert.Single(folder.GetFileSystemInfos()).Name);
    }

    [Fact]
    public async Task A_name_that_is_no_UTF_8_is_refused_since_another_would_be_written()
    {
        var refused = await Assert.ThrowsAsync<UsageException>(() => WriteAsync(PathOf("a\uFFFDb")));

        Assert.Contains("its name is no UTF-8", refused.Message, StringComparison.Ordinal);
        Assert.Empty(folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task A_file_that_holds_something_is_replaced_as_a_whole()
    {
        await File.WriteAllTextAsync(PathOf("old"), "longer than what comes", Cancellation);

        await WriteAsync(PathOf("old"));

        Assert.Equal(Content, await ReadAsync("old"));
    }

    [Theory]
    [InlineData("longer than what comes")]
    [InlineData("")]
    public async Task Whoever_reads_a_file_meanwhile_has_what_was_there(string before)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere nothing tells an empty file from a pipe");
        await File.WriteAllTextAsync(PathOf("old"), before, Cancellation);
        await using var reader = File.Open(PathOf("old"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        await WriteAsync(PathOf("old"));

        Assert.Equal(before, await new StreamReader(reader).ReadToEndAsync(Cancellation));
        Assert.Equal(Content, await ReadAsync("old"));
    }

    [Fact]
    public async Task All_names_of_a_file_have_its_new_content()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "ln is not there");
        await File.WriteAllTextAsync(PathOf("old"), "longer than what comes", Cancellation);
        Assert.True(await RunAsync("ln", PathOf("old"), PathOf("other")));

        await WriteAsync(PathOf("old"));

        Assert.Equal(Content, await ReadAsync("old"));
        Assert.Equal(Content, await ReadAsync("other"));
        Assert.Equal(2, folder.GetFileSystemInfos().Length);
    }

    [Fact]
    public async Task A_file_stays_its_owners()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere there is no stat that says so");
        await File.WriteAllTextAsync(PathOf("old"), "longer than what comes", Cancellation);
        if (Environment.IsPrivilegedProcess)
            Assert.True(await RunAsync("chown", "65534:65534", PathOf("old"))); // nobody, whom root may write for
        var owner = NamedFile.Find(PathOf("old"));

        await WriteAsync(PathOf("old"));

        Assert.Equal(owner, NamedFile.Find(PathOf("old")));
        Assert.Equal(Content, await ReadAsync("old"));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("")]
    [UnsupportedOSPlatform("windows")]
    public async Task A_files_mode_is_kept(string before)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no mode there");
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite;
        await File.WriteAllTextAsync(PathOf("old"), before, Cancellation);
        File.SetUnixFileMode(PathOf("old"), mode);

        await WriteAsync(PathOf("old"));

        Assert.Equal(mode, File.GetUnixFileMode(PathOf("old")));
        Assert.Equal(Content, await ReadAsync("old"));
    }

    [Theory]
    [InlineData("content")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_link_is_followed_whether_or_not_its_target_is_there(string? before)
    {
        if (before is not null)
            await File.WriteAllTextAsync(PathOf("target"), before, Cancellation);
        File.CreateSymbolicLink(PathOf("middle"), "target");
        File.CreateSymbolicLink(PathOf("link"), PathOf("middle"));

        await WriteAsync(PathOf("link"));

        Assert.Equal(PathOf("middle"), new FileInfo(PathOf("link")).LinkTarget);
        Assert.Equal("target", new FileInfo(PathOf("middle")).LinkTarget);
        Assert.Equal(Content, await ReadAsync("target"));
    }

    [Fact]
    public async Task A_pipe_is_written_into_and_stays_one()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes have no names in folders there");
        await RunAsync("mkfifo", PathOf("pipe"));
        var reader = Task.Run(() => File.ReadAllBytes(PathOf("pipe")), Cancellation);

        await WriteAsync(PathOf("pipe"));

        Assert.Equal(Content, await reader);
        Assert.Equal(0, new FileInfo(PathOf("pipe")).Length); // a file would have what was written
    }

    [Fact]
    public async Task What_has_no_name_but_a_link_to_it_is_written_into()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere there are no such links");
        using var pipe = new AnonymousPipeServerStream(PipeDirection.In);

        await WriteAsync($"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}");

        pipe.DisposeLocalCopyOfClientHandle();
        using var read = new MemoryStream();
        await pipe.CopyToAsync(read, Cancellation);
        Assert.Equal(Content, read.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_process_has_open_is_appended_to_and_not_replaced(bool byLink)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere there are no such links");
        await File.WriteAllBytesAsync(PathOf("log"), [9], Cancellation);
        await using var log = new FileStream(PathOf("log"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var name = $"/proc/self/fd/{log.SafeFileHandle.DangerousGetHandle()}";
        if (byLink)
            File.CreateSymbolicLink(PathOf("link"), name);

        await WriteAsync(byLink ? PathOf("link") : name);

        Assert.Equal(1 + Content.Length, log.Length);
        var read = new byte[log.Length];
        await log.ReadExactlyAsync(read, Cancellation);
        Assert.Equal([9, .. Content], read);
    }

    [Fact]
    public async Task A_pipe_that_nobody_reads_is_waited_for_until_that_is_called_off()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes have no names in folders there");
        await RunAsync("mkfifo", PathOf("pipe"));
        using var stop = new CancellationTokenSource();
        var write = Of(PathOf("pipe")).WriteAsync(Content, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
        await File.ReadAllBytesAsync(PathOf("pipe"), Cancellation); // lets the writer go
    }

    [Theory]
    [InlineData("3")] // null: takes everything
    [InlineData("7")] // full: takes nothing
    public async Task A_device_is_written_into_and_stays_one(string minor)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere devices have other numbers");
        var device = await DeviceAsync(minor);
        Assert.SkipWhen(device is null, "root may make no devices here, and must not try with those that all programs use");

        var failure = await Record.ExceptionAsync(() => WriteAsync(device!));

        if (minor == "7")
            Assert.Contains("No space left on device", Assert.IsType<UsageException>(failure).Message, StringComparison.Ordinal);
        else
            Assert.Null(failure);
        Assert.True(await RunAsync("test", "-c", device!));
        Assert.DoesNotContain(folder.GetFileSystemInfos(), file => file.Name != "device");
    }

    [Fact]
    public async Task A_dash_is_stdout_and_what_is_told_of_it_goes_elsewhere()
    {
        var file = Of("-");

        await file.WriteAsync(Content, Cancellation);

        Assert.True(file.IsStandardOutput);
        Assert.Equal(Content, output.ToArray());
        Assert.False(File.Exists("-"));
    }

    [Theory]
    [InlineData("", "it has no name")]
    [InlineData("folder", "it is a folder; expected a file")]
    [InlineData("none/file", "there is no folder '{0}'")]
    public async Task What_can_not_be_written_is_said_of_the_name_that_was_given(string name, string reason)
    {
        folder.CreateSubdirectory("folder");

        var refused = await Assert.ThrowsAsync<UsageException>(() => WriteAsync(name.Length == 0 ? "" : PathOf(name)));

        Assert.Contains(reason.Replace("{0}", PathOf("none"), StringComparison.Ordinal), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_can_not_be_made_is_not_named_as_the_one_that_was_to_become_it()
    {
        var name = PathOf(new string('n', 250)); // a longer one is too long

        var refused = await Assert.ThrowsAsync<UsageException>(() => WriteAsync(name));

        Assert.DoesNotContain(".tmp", refused.Message, StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(folder.FullName, name);

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(PathOf(name), Cancellation);

    private OutputFile Of(string path) =>
        new(path, new Terminal(TextWriter.Null, TextWriter.Null, outputIsTerminal: false, errorIsTerminal: false, output));

    private Task WriteAsync(string path) => Of(path).WriteAsync(Content, Cancellation);

    /// <summary>
    /// A device of the test's own; for whoever may make none the one of the machine, which he can't replace either. Null for root where that
    /// makes none: he could.
    /// </summary>
    private async Task<string?> DeviceAsync(string minor)
    {
        if (await RunAsync("mknod", PathOf("device"), "c", "1", minor) && CanOpen("device"))
            return PathOf("device");
        File.Delete(PathOf("device"));
        if (Environment.IsPrivilegedProcess)
            return null;
        return minor == "7" ? "/dev/full" : "/dev/null";
    }

    private bool CanOpen(string name)
    {
        try
        {
            using var file = File.OpenRead(PathOf(name));
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Cancellation);
        return process.ExitCode == 0;
    }
}
