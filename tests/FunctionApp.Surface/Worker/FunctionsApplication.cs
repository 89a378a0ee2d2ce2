using System.Reflection;
using System.Runtime.CompilerServices;
using FlDurable.FunctionApp.Surface.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplication
{
    private protected FunctionsApplication()
    {
    }

    // The functions are those of the assembly that has the program, as they are for the packages.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) => new(args, Assembly.GetCallingAssembly());
}

public class FunctionsApplicationBuilder
{
    private readonly WebApplicationBuilder application;
    private readonly Assembly functions;

    internal FunctionsApplicationBuilder(string[] args, Assembly functions)
    {
        this.functions = functions;
        application = WebApplication.CreateBuilder(args);
        application.Services.AddOptions<WorkerOptions>();
    }

    public ConfigurationManager Configuration => application.Configuration;

    public IHostEnvironment Environment => application.Environment;

    public ILoggingBuilder Logging => application.Logging;

    public IServiceCollection Services => application.Services;

    public IHost Build() => FunctionsHost.Build(application, functions);
}

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => builder;
}
