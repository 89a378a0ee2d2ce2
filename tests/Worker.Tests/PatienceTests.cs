using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>How long a worker waits before it asks again.</summary>
public sealed class PatienceTests
{
    [Fact]
    public void Each_wait_is_twice_as_long_up_to_a_minute_and_never_as_long_as_others()
    {
        var (shortest, longest) = (new Patience(TimeProvider.System), new Patience(TimeProvider.System));

        foreach (var seconds in (double[])[1, 2, 4, 8, 16, 32, 60, 60, 60])
            Assert.Equal((seconds / 2, seconds), (shortest.Next(draw: 0).TotalSeconds, longest.Next(draw: 1).TotalSeconds));
    }

    [Fact]
    public void After_a_year_without_an_answer_it_is_still_asked_every_minute()
    {
        var patience = new Patience(TimeProvider.System);
        for (var failure = 0; failure < 1_000_000; failure++)
            Assert.InRange(patience.Next(draw: 0.5).TotalSeconds, 0.75, 45);
    }

    [Fact]
    public async Task After_an_answer_it_is_soon_asked_again()
    {
        var time = new FakeTimeProvider();
        var patience = new Patience(time);
        for (var failure = 0; failure < 10; failure++)
            patience.Next(draw: 1);

        patience.Reset();
        var waiting = patience.WaitAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(1));

        await waiting;
    }
}
