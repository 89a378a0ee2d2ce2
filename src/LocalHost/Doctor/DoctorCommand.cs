using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Doctor;

/// <summary><c>doctor</c>: what is wrong with a machine, a state folder, a storage or a hub, and what to do about it. It changes nothing.</summary>
internal static class DoctorCommand
{
    private const int Width = 7;
    private const string Advised = "        ";

    public static Command Create(Terminal terminal, HostParts parts)
    {
        var urls = new Option<string?>("--urls") { HelpName = "URL[;URL]", Description = $"Where serve is to listen. Default: {ServeCommand.DefaultUrls}." };
        var data = new Option<string?>("--data") { HelpName = "SOURCE", Description = "The data that a federation is to learn from." };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("doctor", "Look at this machine, the state folder, the storage and the hub, and say what is wrong and what to do about it.") { urls, data, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var addresses = ListenAddress.ParseAll(parsed.GetValue(urls) ?? ServeCommand.DefaultUrls);
            var findings = await LookAsync(() => parsed.StateFolder(), addresses, parsed.GetValue(data), parts, MachineFacts.Own, cancellationToken);
            if (parsed.GetValue(json))
                terminal.Output.WriteLine(ContractJson.Serialize(findings));
            else
                Write(terminal, findings);
            var broken = findings.Where(finding => finding.Condition == Condition.Broken).Select(finding => finding.Subject).Distinct(StringComparer.Ordinal).ToList();
            return broken.Count == 0 ? ExitCode.Done : throw new UsageException($"doctor: broken: {string.Join(", ", broken)}");
        });
        return command;
    }

    /// <summary>Looks at everything.</summary>
    /// <param name="folder">The state folder that is named.</param>
    /// <param name="addresses">Where serve is to listen.</param>
    /// <param name="data">The data that is named; null for none.</param>
    /// <param name="parts">What this host has.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<IReadOnlyList<Finding>> LookAsync(
        Func<StateFolder> folder, IReadOnlyList<ListenAddress> addresses, string? data, HostParts parts, MachineFacts machine, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        findings.AddRange(MachineCheckup.Engines(machine, parts));
        findings.AddRange(MachineCheckup.Libraries());
        var state = Named(folder, findings);
        findings.AddRange(MachineCheckup.Disks(machine, [.. state is null ? [] : new[] { ("state folder", state.Path) }, ("cache", CacheFolder.Default)]));
        findings.AddRange(DataCheckup.Look(data, parts));
        if (state is not null)
        {
            findings.AddRange(await new StateCheckup(state, machine).LookAsync(cancellationToken));
            findings.AddRange(await StorageCheckup.StorageAsync(state, machine, cancellationToken));
            if (state.Hub is not null)
                findings.AddRange(await StorageCheckup.HubAsync(state.Hub, cancellationToken));
        }

        findings.AddRange(ServerCheckup.Ports(state, addresses));
        return findings;
    }

    private static StateFolder? Named(Func<StateFolder> folder, List<Finding> findings)
    {
        try
        {
            return folder();
        }
        catch (Exception exception) when (exception is UsageException or ArtifactStoreException)
        {
            findings.Add(new Finding("state", Condition.Broken, exception.Message, "mend the option or the variable that names it"));
            return null;
        }
    }

    private static void Write(Terminal terminal, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var word = finding.Condition switch { Condition.Well => "ok", Condition.Note => "note", _ => "broken" };
            terminal.Output.WriteLine(Printable.Line($"{word,-Width} {finding.Subject}: {finding.What}"));
            if (finding.Advice is { } advice)
                terminal.Output.WriteLine(Printable.Line($"{Advised}→ {advice}"));
        }
    }
}
