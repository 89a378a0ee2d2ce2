using FlDurable.LocalHost;

namespace FlDurable.Samples;

/// <summary>Ends once two rounds in a row were no better than one before, and keeps the best.</summary>
internal static class EarlyStopping
{
    public static Task<int> RunAsync(string[] options) => FederationHost
        .CreateBuilder(["run", "--stop-when", "metric=centralLoss,patience=2", "--keep-best", "centralLoss", .. options])
        .RunAsync();
}
