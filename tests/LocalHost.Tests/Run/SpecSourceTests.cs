using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Run;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class SpecSourceTests : IDisposable
{
    private static readonly SpecTable Table = new HostParts().SpecTable;

    private readonly Workplace workplace = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task An_id_that_is_not_given_is_made_and_no_two_are_the_same()
    {
        var first = await ReadAsync(null);
        var second = await ReadAsync(null);

        Assert.True(ArtifactNames.IsId(first.Id!), first.Id);
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task An_id_alone_stands_for_the_spec_that_it_was_started_with()
    {
        var started = new FederationSpec { Id = "one", Rounds = 77 };
        var resolved = new ResolvedSpec(1, "one", "lanes", new DatasetReference("synthetic", "a", "b"), Initial: null, started);

        var spec = await Source(null, "--id one").ReadAsync(id => Task.FromResult<ResolvedSpec?>(id == "one" ? resolved : null), Cancellation);

        Assert.Equal(ContractJson.Serialize(started), ContractJson.Serialize(spec.Spec));
    }

    [Fact]
    public async Task A_file_is_a_whole_spec_whatever_its_id_was_started_with()
    {
        var started = new FederationSpec { Id = "one", Rounds = 77 };
        var resolved = new ResolvedSpec(1, "one", "lanes", new DatasetReference("synthetic", "a", "b"), Initial: null, started);
        var file = workplace.Write("spec.json", """{"id":"one","clients":3}""");

        var spec = await Source(file).ReadAsync(_ => Task.FromResult<ResolvedSpec?>(resolved), Cancellation);

        Assert.Equal(new FederationSpec { Id = "one", Clients = 3 }, spec.Spec);
    }

    [Fact]
    public async Task What_is_wrong_in_a_file_is_said_of_the_file()
    {
        var file = workplace.Write("spec.json", """{"client":3,"rounds":"two","epochs":0,"seed":-1,"strategy":{"name":"fedavg","mu":1}}""");

        var exception = await Assert.ThrowsAsync<InvalidSpecException>(() => ReadAsync(file, "--seed -2 --batch-size 0"));

        Assert.Equal(
            [$"{file}: client", $"{file}: rounds", $"{file}: epochs", $"{file}: strategy.mu", "batchSize", "seed"],
            exception.Errors.Select(error => error.Field));
    }

    [Theory]
    [InlineData("""{"data":"\ud800"}""", "--seed 1", "{0}: data")]
    [InlineData("""{"strategy":{"name":"fedavg","x":"\ud800"}}""", "--strategy-option y=1", "strategy.x")]
    [InlineData("""{"strategy":{"name":"fedavg","\ud800":1}}""", "--strategy-option y=1", "{0}: strategy")]
    [InlineData("""{"network":{"layers":[{"\ud800":{}}]}}""", "", "{0}: network")]
    public async Task Half_a_character_is_a_wrong_value_as_any_other(string spec, string arguments, string field)
    {
        var file = workplace.Write("spec.json", spec);

        var exception = await Assert.ThrowsAsync<InvalidSpecException>(() => ReadAsync(file, arguments));

        Assert.Contains(string.Format(CultureInfo.InvariantCulture, field, file), exception.Errors.Select(error => error.Field));
    }

    [Fact]
    public async Task Half_a_character_in_a_networks_file_is_a_wrong_value_too()
    {
        var network = workplace.Write("network.json", """{"layers":"\ud800"}""");

        var exception = await Assert.ThrowsAsync<InvalidSpecException>(() => ReadAsync(null, $"--network {network}"));

        Assert.Equal("network.layers", Assert.Single(exception.Errors).Field);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var exception = await Assert.ThrowsAsync<UsageException>(() => ReadAsync(workplace["none.json"]));

        Assert.Contains(workplace["none.json"], exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_more_than_a_megabyte_is_not_read()
    {
        var file = workplace.Write("spec.json", new string(' ', (1 << 20) + 1));

        var exception = await Assert.ThrowsAsync<UsageException>(() => ReadAsync(file));

        Assert.Contains("more than 1048576 bytes", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_that_nobody_writes_to_is_waited_for_until_that_is_called_off()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes have no names in folders there");
        using (var process = Process.Start("mkfifo", workplace["pipe"]))
            await process.WaitForExitAsync(Cancellation);
        using var stop = new CancellationTokenSource();
        var read = Source(workplace["pipe"]).ReadAsync(_ => Task.FromResult<ResolvedSpec?>(null), stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        await File.WriteAllTextAsync(workplace["pipe"], "{}", Cancellation); // lets the reader go
    }

    private static async Task<FederationSpec> ReadAsync(string? file, string arguments = "") =>
        (await Source(file, arguments).ReadAsync(_ => Task.FromResult<ResolvedSpec?>(null), Cancellation)).Spec;

    private static SpecSource Source(string? file, string arguments = "")
    {
        var options = new SpecOptions(Table.Fields);
        var command = new RootCommand();
        foreach (var option in options.Symbols)
            command.Add(option);
        return new SpecSource(file, options.Of(command.Parse(arguments)), new SpecReader(Table));
    }
}
