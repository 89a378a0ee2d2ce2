using System.Diagnostics;
using System.Text.RegularExpressions;

namespace FlDurable.Infra.Tests.Support;

/// <summary>A folder with azure.yaml and the hook's script, in which the hook is run as azd would.</summary>
public sealed partial class Project : IDisposable
{
    // Inside the repository, so that the script is compiled as strictly as there.
    private readonly string folder = Path.Combine(Repository.Root, "artifacts", "infra-tests", Guid.NewGuid().ToString("N"));

    public Project()
    {
        foreach (var file in new[] { "azure.yaml", "infra/hooks/local-settings.cs" })
        {
            var copy = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Repository.Root, file), copy);
        }
    }

    /// <summary>What the hook writes.</summary>
    public string Settings => Path.Combine(folder, "local.settings.json");

    /// <summary>What azure.yaml has run after provisioning: by system, the shell and its line.</summary>
    public IReadOnlyDictionary<string, (string Shell, string Line)> Hook => HookOfASystem().Matches(File.ReadAllText(Path.Combine(folder, "azure.yaml")))
        .ToDictionary(match => match.Groups["system"].Value, match => (match.Groups["shell"].Value, match.Groups["line"].Value));

    /// <summary>Runs the hook in an environment that azd made.</summary>
    /// <param name="storage">The deployment's output FLDURABLE_STORAGE, if it has one.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    internal Task<(int Status, string Output)> ProvisionedAsync(string? storage, CancellationToken cancellationToken)
    {
        var (shell, line) = Hook[OperatingSystem.IsWindows() ? "windows" : "posix"];
        var start = new ProcessStartInfo(shell) { ArgumentList = { "-c", line }, WorkingDirectory = folder };
        start.Environment.Remove("FLDURABLE_STORAGE");
        if (storage is not null)
            start.Environment["FLDURABLE_STORAGE"] = storage;
        return Command.RunAsync(start, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    [GeneratedRegex(@"^    (?<system>posix|windows):\n      shell: (?<shell>\w+)\n      run: (?<line>.+)$", RegexOptions.Multiline)]
    private static partial Regex HookOfASystem();
}
