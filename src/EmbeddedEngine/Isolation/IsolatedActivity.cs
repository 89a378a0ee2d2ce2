using System.Diagnostics;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.EmbeddedEngine.Isolation;

/// <summary>The child's side of <see cref="ChildProcessIsolation"/>.</summary>
public static class IsolatedActivity
{
    /// <summary>Runs the one activity that is asked for, and answers. When the input ends before, this process ends at once.</summary>
    /// <param name="services">The host's activities and what they need.</param>
    /// <param name="input">This process's standard input.</param>
    /// <param name="output">Its standard output.</param>
    public static async Task RunAsync(IServiceProvider services, TextReader input, TextWriter output)
    {
        if (await input.ReadLineAsync() is not { } line)
            return; // the parent is gone
        var request = ContractJson.Deserialize<ActivityRequest>(line);
        EndWithParent(input);
        await output.WriteLineAsync(ContractJson.Serialize(await RunAsync(services, request)));
        await output.FlushAsync();
    }

    private static async Task<ActivityAnswer> RunAsync(IServiceProvider services, ActivityRequest request)
    {
        try
        {
            var activities = services.GetServices<ActivityRegistration>().ToList();
            var activity = activities.SingleOrDefault(activity => activity.Name == request.Activity)
                ?? throw NotRegisteredException.Of("activity", request.Activity, activities.Select(known => known.Name));
            return new ActivityAnswer(await activity.RunAsync(services, request.Input, CancellationToken.None), Failure: null);
        }
        catch (Exception exception)
        {
            return new ActivityAnswer(Output: null, new ActivityFailure(exception.Message, FailureKinds.Of(exception)));
        }
    }

    /// <summary>The parent never writes another line: when there is something to read, it is the end, and nobody waits for the activity.</summary>
    private static void EndWithParent(TextReader input)
    {
        new Thread(WaitForIt) { IsBackground = true, Name = "waits for the parent's end" }.Start();

        void WaitForIt()
        {
            input.ReadLine();
            Process.GetCurrentProcess().Kill();
        }
    }
}
