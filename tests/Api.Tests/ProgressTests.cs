using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>What a federation says of the round that it is at.</summary>
public sealed class ProgressTests
{
    [Fact]
    public async Task A_round_in_progress_says_its_step_and_who_is_outstanding_and_slow_by_name()
    {
        using var middle = new MiddleOfARound();
        await using var host = await ApiHost.StartAsync(middle.Configure, needsKey: false); // two train at a time
        using var started = await host.StartAsync(ApiHost.Spec("halfway", ("deadlineSeconds", 3600)));
        await middle.Reached;

        var federation = await host.WaitAsync("halfway", one => one["inProgress"]?["clients"]?["succeeded"]?.GetValue<int>() == 2);

        var round = federation["inProgress"]!;
        Assert.Equal((1, 1, "training"), (round["round"]!.GetValue<int>(), round["attempt"]!.GetValue<int>(), round["step"]!.GetValue<string>()));
        Assert.Equal(TimeSpan.FromHours(1), Time(round, "deadline") - Time(round, "since"));
        var clients = round["clients"]!;
        Assert.Equal((3, 0, 1), (clients["selected"]!.GetValue<int>(), clients["failed"]!.GetValue<int>(), clients["outstanding"]!.GetValue<int>()));
        var outstanding = Assert.Single(clients["waitingFor"]!.AsArray())!.GetValue<string>();
        Assert.Equal("client-2", outstanding);
        var later = await host.WaitAsync("halfway", one => one["inProgress"]?["clients"]?["slow"] is not null); // after two seconds more than the others took
        var slow = Assert.Single(later["inProgress"]!["clients"]!["slow"]!.AsArray())!;
        Assert.Equal(outstanding, Assert.Single(slow["clients"]!.AsArray())!.GetValue<string>());
        Assert.True(slow["seconds"]!.GetValue<double>() >= slow["usualSeconds"]!.GetValue<double>() + 2);
        middle.GoOn();
        Assert.Null((await host.WaitAsync("halfway"))["inProgress"]);
    }

    private static DateTimeOffset Time(JsonNode round, string name) => round[name]!.GetValue<DateTimeOffset>();
}
