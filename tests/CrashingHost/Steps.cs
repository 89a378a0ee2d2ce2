using System.Text.Json;
using FlDurable.CrashingHost.Points;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.CrashingHost;

/// <summary>
/// Lets a federation go step by step: an activity begins when the one before is committed. So every run has the same commits, and each is
/// named by the activity that it follows.
/// </summary>
internal static class Steps
{
    private static readonly string[] Identifying = ["round", "attempt", "phase", "first"];

    public static IServiceCollection AddSteps(this IServiceCollection services, ProgramPoints points) =>
        services.WrapActivities(async (provider, activity, input, run) =>
        {
            // The engine answers after what was told to it before, and when that is committed.
            await provider.GetRequiredService<IOrchestrationClient>().GetInstanceAsync(SmallFederation.Id, CancellationToken.None);
            ActivitySlot.Begin(() => { }); // of which the engine hears nothing: none runs beside one that gives its slot back
            var output = await run();
            points.Done(Describe(activity, input));
            return output;
        });

    /// <summary>For instance <c>TrainClient round=2 attempt=1 first=3</c>.</summary>
    private static string Describe(string activity, string input)
    {
        using var document = JsonDocument.Parse(input);
        var fields = Identifying
            .Where(field => document.RootElement.TryGetProperty(field, out _))
            .Select(field => $"{field}={document.RootElement.GetProperty(field)}");

        // What has no round has parameters that are named for one.
        var parameters = document.RootElement.TryGetProperty("round", out _) || !document.RootElement.TryGetProperty("global", out var global)
            ? []
            : new[] { $"global={global.GetProperty("name")}" };
        return string.Join(' ', [activity, .. fields, .. parameters]);
    }
}
