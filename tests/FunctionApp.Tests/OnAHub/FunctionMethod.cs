using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>A method of the app that is a function.</summary>
internal sealed class FunctionMethod
{
    private readonly MethodInfo method;

    private FunctionMethod(string name, MethodInfo method)
    {
        Name = name;
        this.method = method;
    }

    public string Name { get; }

    public static IReadOnlyList<FunctionMethod> OfTheApp { get; } =
    [
        .. from type in typeof(Program).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
           let function = method.GetCustomAttribute<FunctionAttribute>()
           where function is not null
           select new FunctionMethod(function.Name, method),
    ];

    /// <summary>The functions with a trigger, each with its trigger and the parameter that it is on.</summary>
    public static IEnumerable<(FunctionMethod Function, ParameterInfo Parameter, TTrigger Trigger)> TriggeredBy<TTrigger>()
        where TTrigger : Attribute =>
        from function in OfTheApp
        from parameter in function.method.GetParameters()
        let trigger = parameter.GetCustomAttribute<TTrigger>()
        where trigger is not null
        select (function, parameter, trigger);

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
