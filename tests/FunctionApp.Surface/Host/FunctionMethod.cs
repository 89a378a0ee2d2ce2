using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>A method that is a function.</summary>
internal sealed class FunctionMethod
{
    private readonly MethodInfo method;

    private FunctionMethod(string name, MethodInfo method)
    {
        Name = name;
        this.method = method;
    }

    public string Name { get; }

    public static IReadOnlyList<FunctionMethod> AllOf(Assembly assembly) =>
    [
        .. from type in assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
           let function = method.GetCustomAttribute<FunctionAttribute>()
           where function is not null
           select new FunctionMethod(function.Name, method),
    ];

    /// <summary>The parameter by which it is triggered so, and its trigger; null if it is triggered otherwise.</summary>
    public (ParameterInfo Parameter, TTrigger Trigger)? TriggeredBy<TTrigger>()
        where TTrigger : Attribute => method.GetParameters()
        .Where(parameter => parameter.IsDefined(typeof(TTrigger)))
        .Select(parameter => ((ParameterInfo, TTrigger)?)(parameter, parameter.GetCustomAttribute<TTrigger>()!))
        .SingleOrDefault();

    /// <summary>Runs it, on an object of its class that is made for this call if it needs one.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="bind">The value of a parameter.</param>
    public async Task<object?> InvokeAsync(IServiceProvider services, Func<ParameterInfo, object?> bind)
    {
        await using var scope = services.CreateAsyncScope();
        var target = method.IsStatic ? null : ActivatorUtilities.CreateInstance(scope.ServiceProvider, method.DeclaringType!);
        var result = method.Invoke(
            target, BindingFlags.DoNotWrapExceptions, binder: null, [.. method.GetParameters().Select(bind)], culture: null);
        if (result is not Task task)
            return result;
        await task;
        return task.GetType().GetProperty(nameof(Task<>.Result))!.GetValue(task);
    }
}
