using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Shared.Contracts;

/// <summary>An activity as a host sees it: a name, and JSON in and out. Made by <see cref="ActivityRegistrationExtensions.AddActivity"/>.</summary>
public sealed class ActivityRegistration
{
    private readonly Func<IServiceProvider, string, CancellationToken, Task<string>> run;

    private ActivityRegistration(string name, Func<IServiceProvider, string, CancellationToken, Task<string>> run)
    {
        Name = name;
        this.run = run;
    }

    /// <summary>The descriptor's name.</summary>
    public string Name { get; }

    /// <summary>Reads the input, runs the activity and writes its output, both by <see cref="ContractJson"/>.</summary>
    /// <exception cref="JsonException">The input is not of the activity's shape.</exception>
    public Task<string> RunAsync(IServiceProvider services, string inputJson, CancellationToken cancellationToken) =>
        run(services, inputJson, cancellationToken);

    internal static ActivityRegistration Create<TInput, TOutput>(ActivityDescriptor<TInput, TOutput> descriptor) =>
        new(descriptor.Name, async (services, inputJson, cancellationToken) =>
        {
            var activity = services.GetRequiredService<IActivity<TInput, TOutput>>();
            var output = await activity.RunAsync(ContractJson.Deserialize<TInput>(inputJson), cancellationToken);
            return ContractJson.Serialize(output);
        });
}

/// <summary>Registers activities with a host's services.</summary>
public static class ActivityRegistrationExtensions
{
    /// <summary>Adds <typeparamref name="TActivity"/> as the one implementation of <paramref name="descriptor"/>.</summary>
    public static IServiceCollection AddActivity<TActivity, TInput, TOutput>(
        this IServiceCollection services, ActivityDescriptor<TInput, TOutput> descriptor)
        where TActivity : class, IActivity<TInput, TOutput>
    {
        services.AddSingleton<IActivity<TInput, TOutput>, TActivity>();
        services.AddSingleton(ActivityRegistration.Create(descriptor));
        return services;
    }
}
