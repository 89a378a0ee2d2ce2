using System.Diagnostics;
using System.Reflection;
using System.Security.Cryptography;

namespace FlDurable.Azurite;

/// <summary>Azurite as npm installs it beside this file: once for all test processes, again when package-lock.json changes.</summary>
internal static class AzuritePackage
{
    private static readonly string Folder = typeof(AzuritePackage).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "AzuriteFolder").Value!;

    /// <returns>The folder with <c>node_modules</c> in it.</returns>
    /// <exception cref="InvalidOperationException">There is no npm, or it can't install.</exception>
    public static async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var lockFile = Path.Combine(Folder, "package-lock.json");
        var installed = Path.Combine(Folder, "node_modules", ".installed");
        var wanted = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(lockFile, cancellationToken)));
        using (await LockAsync(cancellationToken))
        {
            if (!File.Exists(installed) || await File.ReadAllTextAsync(installed, cancellationToken) != wanted)
            {
                await RunNpmAsync(cancellationToken);
                await File.WriteAllTextAsync(installed, wanted, cancellationToken);
            }
        }

        return Folder;
    }

    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(Folder, "node_modules.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // Another test process installs; a file's lock can't be waited for.
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
    }

    private static async Task RunNpmAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd" : "npm")
        {
            ArgumentList = { "ci", "--ignore-scripts", "--no-audit", "--no-fund" },
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        const string otherwise =
            $"Tests of blob storage need {TestStorage.Variable} set to a connection string, or a Docker daemon, or node 20 with npm";
        try
        {
            using var npm = Process.Start(start)!;
            var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = await npm.StandardError.ReadToEndAsync(cancellationToken);
            await npm.WaitForExitAsync(cancellationToken);
            if (npm.ExitCode != 0)
                throw new InvalidOperationException($"{otherwise}. `npm ci` in {Folder} failed:\n{await output}\n{errors}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new InvalidOperationException($"{otherwise}. npm can't be started: {exception.Message}", exception);
        }
    }
}
