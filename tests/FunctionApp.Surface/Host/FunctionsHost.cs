using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>In the place of the Functions host: runs an app's functions when they are triggered. Keys are not asked for, as in Core Tools.</summary>
public sealed class FunctionsHost : IHostedService
{
    /// <summary>The setting that says where instances are kept.</summary>
    public const string StateFolder = "surface:stateFolder";

    private readonly IServiceProvider services;
    private readonly IReadOnlyList<FunctionMethod> functions;
    private readonly HostSettings settings = new();
    private DurableHost? durable;

    private FunctionsHost(IServiceProvider services, IReadOnlyList<FunctionMethod> functions)
    {
        this.services = services;
        this.functions = functions;
    }

    /// <summary>Starts the durable engine before the first request is taken.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        durable = await DurableHost.StartAsync(
            new DurableHostOptions
            {
                StateFolder = services.GetRequiredService<IConfiguration>()[StateFolder] ?? throw new InvalidOperationException($"{StateFolder} is not set"),
                Version = settings.Version,
                MaxConcurrentActivityFunctions = settings.MaxConcurrentActivityFunctions,
                Worker = services.GetRequiredService<IOptions<WorkerOptions>>().Value,
                Logs = services.GetRequiredService<ILoggerFactory>(),
            },
            functions.Where(function => function.TriggeredBy<OrchestrationTriggerAttribute>() is not null)
                .Select(function => new OrchestratorFunction(function.Name, context => function.InvokeAsync(services, _ => context))),
            functions.Where(function => function.TriggeredBy<ActivityTriggerAttribute>() is not null).Select(Activity),
            cancellationToken);
    }

    /// <summary>Stops it; what is not over goes on at the next start.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (durable is not null)
            await durable.DisposeAsync();
    }

    internal static IHost Build(WebApplicationBuilder builder, Assembly assembly)
    {
        var functions = FunctionMethod.AllOf(assembly);
        builder.Services.AddSingleton(services => new FunctionsHost(services, functions));
        builder.Services.AddHostedService(services => services.GetRequiredService<FunctionsHost>());
        var application = builder.Build();
        application.Services.GetRequiredService<FunctionsHost>().MapTo(application);
        return application;
    }

    private ActivityFunction Activity(FunctionMethod function)
    {
        var trigger = function.TriggeredBy<ActivityTriggerAttribute>()!.Value.Parameter;
        return new ActivityFunction(function.Name, trigger.ParameterType, (input, cancel) => function.InvokeAsync(
            services, parameter => parameter.Position == trigger.Position ? input : cancel));
    }

    private void MapTo(IEndpointRouteBuilder routes)
    {
        foreach (var function in functions)
        {
            if (function.TriggeredBy<HttpTriggerAttribute>() is not ({ } parameter, { } trigger))
                continue;
            routes.MapMethods($"/{settings.RoutePrefix}/{trigger.Route}", trigger.Methods!.Select(method => method.ToUpperInvariant()), async context =>
            {
                var result = await function.InvokeAsync(context.RequestServices, bound => Bind(bound, context));
                await ((IResult)result!).ExecuteAsync(context);
            });
        }
    }

    private object? Bind(ParameterInfo parameter, HttpContext context) => parameter.ParameterType switch
    {
        var type when type == typeof(HttpRequest) => context.Request,
        var type when type == typeof(DurableTaskClient) => durable!.Client,
        var type when type == typeof(CancellationToken) => context.RequestAborted,
        _ => context.Request.RouteValues[parameter.Name!],
    };
}
