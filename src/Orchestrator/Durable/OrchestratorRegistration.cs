using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator.Durable;

/// <summary>An orchestrator as an engine sees it: a name, and JSON in and out.</summary>
public sealed class OrchestratorRegistration
{
    private readonly Func<IServiceProvider, IOrchestrationContext, string, Task<string>> run;

    private OrchestratorRegistration(string name, Func<IServiceProvider, IOrchestrationContext, string, Task<string>> run)
    {
        Name = name;
        this.run = run;
    }

    /// <summary>The descriptor's name.</summary>
    public string Name { get; }

    /// <summary>Reads the input, runs the orchestrator and writes its output, both by <see cref="ContractJson"/>.</summary>
    public Task<string> RunAsync(IServiceProvider services, IOrchestrationContext context, string inputJson) =>
        run(services, context, inputJson);

    internal static OrchestratorRegistration Create<TOrchestrator, TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> descriptor)
        where TOrchestrator : class, IOrchestrator<TInput, TOutput> =>
        Create(descriptor, (services, context, input) => services.GetRequiredService<TOrchestrator>().RunAsync(context, input));

    internal static OrchestratorRegistration Create<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> descriptor, Func<IServiceProvider, IOrchestrationContext, TInput, Task<TOutput>> run) =>
        new(descriptor.Name, async (services, context, inputJson) =>
            ContractJson.Serialize(await run(services, context, ContractJson.Deserialize<TInput>(inputJson))));
}

/// <summary>Registers orchestrators with a host's services.</summary>
public static class OrchestratorRegistrationExtensions
{
    /// <summary>Adds <typeparamref name="TOrchestrator"/> as the one implementation of <paramref name="descriptor"/>.</summary>
    public static IServiceCollection AddOrchestrator<TOrchestrator, TInput, TOutput>(
        this IServiceCollection services, OrchestratorDescriptor<TInput, TOutput> descriptor)
        where TOrchestrator : class, IOrchestrator<TInput, TOutput> =>
        services.AddSingleton<TOrchestrator>().AddSingleton(OrchestratorRegistration.Create<TOrchestrator, TInput, TOutput>(descriptor));

    /// <summary>Adds a function as the one implementation of <paramref name="descriptor"/>.</summary>
    public static IServiceCollection AddOrchestratorFunc<TInput, TOutput>(
        this IServiceCollection services, OrchestratorDescriptor<TInput, TOutput> descriptor,
        Func<IOrchestrationContext, TInput, Task<TOutput>> run) =>
        services.AddSingleton(OrchestratorRegistration.Create(descriptor, (_, context, input) => run(context, input)));
}
