using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using RetryContext = Microsoft.Azure.Functions.Worker.RetryContext;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>
/// The context that Durable Functions gives an orchestrator function: its own class, which reads the input by the JSON options among the
/// app's services. Nothing but Durable Functions can make one, so that it is made by reflection here.
/// </summary>
internal static class FunctionsContext
{
    private static readonly Type Type = Assembly.Load("Microsoft.Azure.Functions.Worker.Extensions.DurableTask")
        .GetType("Microsoft.Azure.Functions.Worker.Extensions.DurableTask.FunctionsOrchestrationContext", throwOnError: true)!;

    public static TaskOrchestrationContext Of(TaskOrchestrationContext durable, IServiceProvider app) =>
        (TaskOrchestrationContext)Activator.CreateInstance(Type, durable, new Call(app))!;

    /// <summary>A function's call as far as the class looks at it.</summary>
    private sealed class Call(IServiceProvider app) : FunctionContext
    {
        public override string InvocationId => throw new NotSupportedException();

        public override string FunctionId => throw new NotSupportedException();

        public override TraceContext TraceContext => throw new NotSupportedException();

        public override BindingContext BindingContext => throw new NotSupportedException();

        public override RetryContext RetryContext => throw new NotSupportedException();

        public override IServiceProvider InstanceServices { get; set; } = app;

        public override FunctionDefinition FunctionDefinition => throw new NotSupportedException();

        public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

        public override IInvocationFeatures Features => throw new NotSupportedException();
    }
}
