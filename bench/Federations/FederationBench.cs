using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.Bench.Federations;

/// <summary>What a federation costs beside its training: many rounds, or many clients.</summary>
internal static class FederationBench
{
    private const string Name = "federation";

    /// <summary>Measures one round of so many clients in a process of its own, whose memory is then nobody else's.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<FederationReport> RunApartAsync(int clients, CancellationToken cancellationToken)
    {
        string[] arguments = [typeof(FederationBench).Assembly.Location, Name, "--clients", clients.ToString(CultureInfo.InvariantCulture), "--json"];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        await using var end = cancellationToken.Register(process.Kill);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? ContractJson.Deserialize<FederationReport>(output)
            : throw new InvalidOperationException($"the round of {clients:N0} clients ended with {process.ExitCode}");
    }

    public static Command Command()
    {
        var clients = new Option<int>("--clients") { Description = "Clients, each of which trains in every round", DefaultValueFactory = _ => 10 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds", DefaultValueFactory = _ => 1 };
        var cohortSize = new Option<int?>("--cohort-size")
        {
            Description = "Clients an activity; by default as many as the federation takes by itself",
        };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of a table" };
        var command = new Command(Name, "What a federation costs beside its training") { clients, rounds, cohortSize, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var count = parsed.GetValue(clients);
            using var measurement = new FederationMeasurement(
                count, parsed.GetValue(rounds), parsed.GetValue(cohortSize) ?? FederationSpec.AutoCohortSize);
            var report = FederationReport.Of(await measurement.RunAsync(cancellationToken));
            Console.WriteLine(parsed.GetValue(json) ? ContractJson.Serialize(report) : report.ToTable());
        });
        return command;
    }
}
