using System.Text.Json;
using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Shared.Contracts;

/// <summary>An activity as a host sees it: a name, and JSON in and out. Made by <see cref="ActivityRegistrationExtensions.AddActivity"/>.</summary>
public sealed partial class ActivityRegistration
{
    private readonly Func<IServiceProvider, string, CancellationToken, Task<string>> run;

    /// <summary>Whoever watches or disturbs activities wraps one in another.</summary>
    internal ActivityRegistration(
        string name, bool isOfClients, Func<IServiceProvider, string, CancellationToken, Task<string>> run, bool waitsForData = false, bool asksEngine = false)
    {
        WaitsForData = waitsForData;
        AsksEngine = asksEngine;
        Name = name;
        IsOfClients = isOfClients;
        this.run = run;
    }

    /// <summary>The descriptor's name.</summary>
    public string Name { get; }

    /// <summary>Whether it is the clients' work (<see cref="ActivityDescriptor{TInput,TOutput}.IsOfClients"/>).</summary>
    public bool IsOfClients { get; }

    /// <summary>Whether it mostly waits (<see cref="ActivityDescriptor{TInput,TOutput}.WaitsForData"/>).</summary>
    public bool WaitsForData { get; }

    /// <summary>Whether no other process can run it (<see cref="ActivityDescriptor{TInput,TOutput}.AsksEngine"/>).</summary>
    public bool AsksEngine { get; }

    private Action<IServiceProvider, string, string>? OnCompleted { get; init; }

    /// <summary>Reads the input, runs the activity and writes its output, both by <see cref="ContractJson"/>.</summary>
    /// <exception cref="JsonException">The input is not of the activity's shape.</exception>
    public Task<string> RunAsync(IServiceProvider services, string inputJson, CancellationToken cancellationToken) =>
        ObserveAsync(services, inputJson, () => run(services, inputJson, cancellationToken));

    /// <summary>Lets another run it, such as a process of its own, and tells whoever observes it here that it is done.</summary>
    public Task<string> RunElsewhereAsync(IServiceProvider services, string inputJson, Func<Task<string>> elsewhere) =>
        ObserveAsync(services, inputJson, elsewhere);

    internal static ActivityRegistration Create<TActivity, TInput, TOutput>(ActivityDescriptor<TInput, TOutput> descriptor)
        where TActivity : class, IActivity<TInput, TOutput> =>
        Create(descriptor, (services, input, cancellationToken) =>
            services.GetRequiredService<TActivity>().RunAsync(input, cancellationToken));

    internal static ActivityRegistration Create<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> descriptor, Func<IServiceProvider, TInput, CancellationToken, Task<TOutput>> run) =>
        new(descriptor.Name, descriptor.IsOfClients, async (services, inputJson, cancellationToken) =>
            ContractJson.Serialize(await run(services, ContractJson.Deserialize<TInput>(inputJson), cancellationToken)), descriptor.WaitsForData, descriptor.AsksEngine);

    internal ActivityRegistration ObservedBy<TInput, TOutput>(Action<TInput, TOutput> onCompleted) => new(Name, IsOfClients, run, WaitsForData, AsksEngine)
    {
        OnCompleted = (services, inputJson, outputJson) =>
        {
            OnCompleted?.Invoke(services, inputJson, outputJson);
            Show(services, () => onCompleted(ContractJson.Deserialize<TInput>(inputJson), ContractJson.Deserialize<TOutput>(outputJson)));
        },
    };

    private async Task<string> ObserveAsync(IServiceProvider services, string inputJson, Func<Task<string>> running)
    {
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var startedAt = time.GetUtcNow();
        var started = time.GetTimestamp();
        string? outputJson = null;
        Exception? failure = null;
        try
        {
            outputJson = await running();
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            var ended = new EndedActivity(Name, inputJson, outputJson, failure, startedAt, time.GetElapsedTime(started));
            Show(services, () =>
            {
                foreach (var observer in services.GetServices<IActivityObserver>())
                    Show(services, () => observer.Ended(ended));
            });
        }

        OnCompleted?.Invoke(services, inputJson, outputJson);
        return outputJson;
    }

    // The work is done: that nobody could be shown it is no reason to do it again.
    private void Show(IServiceProvider services, Action show)
    {
        try
        {
            show();
        }
        catch (Exception exception)
        {
            LogObserverFailed(services.GetRequiredService<ILoggerFactory>().CreateLogger<ActivityRegistration>(), Name, exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Progress of activity {Activity} could not be shown")]
    private static partial void LogObserverFailed(ILogger logger, string activity, Exception exception);
}

/// <summary>Registers activities with a host's services.</summary>
public static class ActivityRegistrationExtensions
{
    /// <summary>Adds <typeparamref name="TActivity"/> as the one implementation of <paramref name="descriptor"/>.</summary>
    public static IServiceCollection AddActivity<TActivity, TInput, TOutput>(
        this IServiceCollection services, ActivityDescriptor<TInput, TOutput> descriptor)
        where TActivity : class, IActivity<TInput, TOutput> =>
        services.AddSingleton<TActivity>().AddSingleton(ActivityRegistration.Create<TActivity, TInput, TOutput>(descriptor));

    /// <summary>Adds a function as the one implementation of <paramref name="descriptor"/>.</summary>
    public static IServiceCollection AddActivityFunc<TInput, TOutput>(
        this IServiceCollection services, ActivityDescriptor<TInput, TOutput> descriptor,
        Func<TInput, CancellationToken, Task<TOutput>> run) =>
        services.AddSingleton(ActivityRegistration.Create(descriptor, (_, input, cancellationToken) => run(input, cancellationToken)));

    /// <summary>
    /// Tells of every completion of an activity that was added before, in this process and as it happens: for showing progress. An
    /// activity that runs twice is told of twice.
    /// </summary>
    /// <exception cref="InvalidOperationException">No such activity was added.</exception>
    public static IServiceCollection ObserveActivity<TInput, TOutput>(
        this IServiceCollection services, ActivityDescriptor<TInput, TOutput> descriptor, Action<TInput, TOutput> onCompleted)
    {
        var added = services.First(service => service.ImplementationInstance is ActivityRegistration known && known.Name == descriptor.Name);
        services.Remove(added);
        return services.AddSingleton(((ActivityRegistration)added.ImplementationInstance!).ObservedBy(onCompleted));
    }
}
