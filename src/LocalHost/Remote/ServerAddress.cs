using System.Net;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.Remote;

/// <summary>A server, and the key that it asks for.</summary>
/// <param name="Url">Its address, with the path below which it serves.</param>
/// <param name="Key">The key; null if none is given.</param>
/// <param name="AsOptions">What a further command must be given to ask the same, with a space before it; empty where that is found in the state folder.</param>
internal sealed record ServerAddress(Uri Url, string? Key, string AsOptions)
{
    private const int LongestKey = 1024;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    /// <summary>A server that the command line names. A key goes to it encrypted, or nowhere but to this machine.</summary>
    /// <exception cref="UsageException">The address is none, or the key file can't be used.</exception>
    public static ServerAddress Of(string url, string? keyFile)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0 || address.Query.Length > 0)
            throw new UsageException($"--server: expected a URL such as https://fl.example.org, got '{Excerpt.Printable(url)}'");
        if (keyFile is not null && address.Scheme == "http" && !address.IsLoopback)
            throw new UsageException($"--server: expected https where a key is sent (http only to this machine), got '{Excerpt.Printable(url)}'");
        return new ServerAddress(WithSlash(address), keyFile is null ? null : ReadKey(keyFile), $" --server {url}{(keyFile is null ? "" : $" --key-file {keyFile}")}");
    }

    /// <summary>The server that has a state folder.</summary>
    /// <exception cref="UsageException">The key file can't be used.</exception>
    public static ServerAddress Of(ServedFolder served, string asOptions) =>
        new(WithSlash(Reachable(new Uri(served.Urls[0]))), served.KeyFile is { } file ? ReadKey(file) : null, asOptions);

    /// <summary>Every address of the machine is listened at, and this machine is asked at its own.</summary>
    private static Uri Reachable(Uri listening) => IPAddress.TryParse(listening.Host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
        ? new UriBuilder(listening) { Host = "127.0.0.1" }.Uri
        : listening;

    private static Uri WithSlash(Uri address) => address.AbsolutePath.EndsWith('/') ? address : new UriBuilder(address) { Path = $"{address.AbsolutePath}/" }.Uri;

    private static string ReadKey(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
                throw new UsageException($"--key-file: '{path}' can be read by others: chmod 600 it");
            using var file = File.OpenText(path);
            return file.ReadLine()?.Trim() is { Length: > 0 and <= LongestKey } key && key.All(letter => letter is > ' ' and <= '~')
                ? key
                : throw new UsageException($"--key-file: '{path}' holds no key in its first line");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--key-file: '{path}' can't be read: {InputFile.Describe(exception, path)}", exception);
        }
    }
}
