using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Api.Tests;

/// <summary>What many who look at one federation are given.</summary>
public sealed class RecentAnswersTests
{
    private readonly FakeTimeProvider time = new();
    private readonly RecentAnswers recent;
    private int reads;

    public RecentAnswersTests() => recent = new RecentAnswers(time);

    [Fact]
    public async Task However_many_look_it_is_read_once_in_a_quarter_of_a_second()
    {
        var first = await LookAsync();
        time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Same(first, await LookAsync());
        Assert.NotSame(first, await LookAsync(rounds: 1));
        Assert.NotSame(first, await LookAsync(id: "other"));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotSame(first, await LookAsync());
        Assert.Equal(4, reads);
    }

    [Fact]
    public async Task What_is_done_to_a_federation_shows_at_once_also_to_who_reads_while_it_is_done()
    {
        var first = await LookAsync();
        recent.Forget();
        var second = await LookAsync();
        recent.Forget();
        var third = await LookAsync(whileReading: recent.Forget);

        Assert.NotSame(first, second);
        Assert.NotSame(third, await LookAsync());
    }

    [Fact]
    public async Task What_is_not_for_many_is_read_each_time() =>
        Assert.NotSame(await LookAsync(isForMany: false), await LookAsync(isForMany: false));

    private async Task<object> LookAsync(string id = "first", int rounds = 0, bool isForMany = true, Action? whileReading = null) =>
        await recent.GetAsync($"{id}?rounds={rounds}", TimeSpan.FromMilliseconds(250), () =>
        {
            reads++;
            whileReading?.Invoke();
            var details = new FederationDetails { Id = id, Status = OrchestrationRuntimeStatus.Running, CreatedAt = default, LastUpdatedAt = default, Rounds = [] };
            return Task.FromResult(new ApiAnswer<FederationDetails>(200, details) { IsForMany = isForMany });
        });
}
