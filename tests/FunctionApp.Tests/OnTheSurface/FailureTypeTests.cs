using System.Text.Json;
using FlDurable.FunctionApp.Hosting;
using FlDurable.FunctionApp.Surface.Host;
using FlDurable.FunctionApp.Tests.Support;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FlDurable.FunctionApp.Tests.OnTheSurface;

/// <summary>What an orchestrator function is told of an activity function that throws, by the worker's options.</summary>
public sealed class FailureTypeTests
{
    private static readonly OrchestratorFunction Main = new("Main", async context =>
    {
        try
        {
            return await context.CallActivityAsync<int>("Fail");
        }
        catch (TaskFailedException failure)
        {
            return $"{failure.FailureDetails.ErrorType}: {failure.FailureDetails.ErrorMessage}";
        }
    });

    private static readonly ActivityFunction Fail = new("Fail", typeof(int?), (_, _) => throw new IOException("the disk is full"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task With_the_apps_options_an_exceptions_type_and_message_survive()
    {
        await using var app = new ServiceCollection().AddDurableFunctions().BuildServiceProvider();
        Assert.Equal("System.IO.IOException: the disk is full", await RunAsync(app.GetRequiredService<IOptions<WorkerOptions>>().Value));
    }

    [Fact]
    public async Task With_the_workers_own_options_the_type_is_lost() =>
        Assert.Equal("(unknown): the disk is full", await RunAsync(new WorkerOptions()));

    private static async Task<string?> RunAsync(WorkerOptions worker)
    {
        using var folder = new TestFolder();
        await using var host = await DurableHost.StartAsync(
            new DurableHostOptions { StateFolder = folder.Path, Version = "1", Worker = worker }, [Main], [Fail], Cancel);
        await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "Main", options: new StartOrchestrationOptions("instance") { Version = new TaskVersion("1") }, cancellation: Cancel);
        var instance = await host.Client.WaitForInstanceCompletionAsync("instance", getInputsAndOutputs: true, Cancel);
        return JsonSerializer.Deserialize<string>(instance.SerializedOutput!);
    }
}
