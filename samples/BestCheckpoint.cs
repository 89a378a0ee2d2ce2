using FlDurable.LocalHost;

namespace FlDurable.Samples;

/// <summary>Keeps the best round's parameters beside the last ones, and writes them to <c>best.safetensors</c>.</summary>
internal static class BestCheckpoint
{
    public static async Task<int> RunAsync(string[] options)
    {
        var id = $"best-{Guid.NewGuid():N}"[..20];
        var code = await FederationHost.CreateBuilder(["run", "--id", id, "--keep-best", "centralAccuracy", .. options]).RunAsync();
        return code == 0
            ? await FederationHost.CreateBuilder(["export", id, "--best", "--out", "best.safetensors", .. StateOf(options)]).RunAsync()
            : code;
    }

    private static string[] StateOf(string[] options) => Array.IndexOf(options, "--state") is >= 0 and var at ? options[at..(at + 2)] : [];
}
