using FlDurable.LocalHost;

namespace FlDurable.Samples;

/// <summary>Has a thousand clients, of which a twentieth trains in a round, twenty in one activity.</summary>
internal static class ThousandClients
{
    public static Task<int> RunAsync(string[] options) => FederationHost
        .CreateBuilder(["run", "--clients", "1000", "--fraction-fit", "0.05", "--fraction-evaluate", "0.05", "--cohort-size", "20", .. options])
        .RunAsync();
}
