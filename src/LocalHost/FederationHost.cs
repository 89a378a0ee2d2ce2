using FlDurable.ClientActivities;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost;

/// <summary>A program that has all of <c>fldurable</c>'s command line and HTTP API, and parts of its own besides (docs/extending.md).</summary>
public static class FederationHost
{
    /// <summary>Begins such a program.</summary>
    /// <param name="args">The command line.</param>
    public static FederationHostBuilder CreateBuilder(string[] args) => new(args);
}

/// <summary>
/// Takes what a program adds to what specs can name, and runs it. What is added here is an option of the command line, a word of the JSON schema
/// and of the OpenAPI document, and what specs are checked against; nothing is looked for, so that a program has only what it says.
/// </summary>
public sealed class FederationHostBuilder
{
    private readonly string[] args;

    internal FederationHostBuilder(string[] args) => this.args = args;

    /// <summary>What the program adds, for packages with <c>Add…</c> calls of their own: <c>builder.Services.AddTorchEngine()</c>.</summary>
    public IServiceCollection Services { get; } = new ServiceCollection();

    /// <summary>Adds an aggregation strategy.</summary>
    public FederationHostBuilder AddStrategy<T>()
        where T : INamedStrategy => With(services => services.AddStrategy<T>());

    /// <summary>Adds a way to divide images among clients.</summary>
    public FederationHostBuilder AddPartitioner<T>()
        where T : INamedPartitioner => With(services => services.AddPartitioner<T>());

    /// <summary>Adds a network whose layers follow the images and the number of their classes.</summary>
    /// <param name="network">The network.</param>
    public FederationHostBuilder AddNetwork(NetworkPlan network) => With(services => services.AddNetwork(network, Package));

    /// <summary>Adds a network for images of one shape in one number of classes.</summary>
    /// <param name="network">The network.</param>
    public FederationHostBuilder AddNetwork(Network network) => AddNetwork(new NetworkPlan(network));

    /// <summary>Adds a data set.</summary>
    public FederationHostBuilder AddDataset<T>()
        where T : class, INamedDataset => With(services => services.AddDataset<T>());

    /// <summary>Adds a measure of the global parameters on the central test set.</summary>
    public FederationHostBuilder AddMetric<T>()
        where T : class, IMetric => With(services => services.AddMetric<T>());

    /// <summary>Adds a number that every client reports with its update.</summary>
    public FederationHostBuilder AddClientMetric<T>()
        where T : class, IClientMetric => With(services => services.AddClientMetric<T>());

    /// <summary>Adds a rule by which training options go from round to round.</summary>
    public FederationHostBuilder AddSchedule<T>()
        where T : class, ISchedule => With(services => services.AddSchedule<T>());

    /// <summary>Adds what trains and evaluates networks. Where a spec leaves the engine open, the built-in ones are asked first.</summary>
    public FederationHostBuilder AddTrainingEngine<T>()
        where T : class, ITrainingEngine => With(services => services.AddTrainingEngine<T>());

    /// <summary>Adds whatever else there is an <c>Add…</c> call for, between others.</summary>
    public FederationHostBuilder With(Action<IServiceCollection> add)
    {
        add(Services);
        return this;
    }

    /// <summary>Runs the command that the command line asks for.</summary>
    /// <returns>The exit code of the process.</returns>
    public async Task<int> RunAsync()
    {
        var usualMode = OwnFiles.Keep();
        Preparation.Begin();
        var terminal = Terminal.OfThisProcess(usualMode);
        if (OneVersion.WhyNot(Services) is { } reason)
        {
            terminal.Error.WriteLine($"fldurable: {reason}");
            return ExitCode.BadUsage;
        }

        using var interruption = new Interruption(terminal);
        return interruption.CodeOf(await FlDurableCommand.RunAsync(args, terminal, new HostParts(Services), interruption.Token));
    }

    /// <summary>The program's own: a network is data, and says nothing of where it is written down.</summary>
    private static PackageVersion Package => System.Reflection.Assembly.GetEntryAssembly() is { } program ? PackageVersion.Of(program) : PackageVersion.Own;
}
