using FlDurable.EmbeddedEngine.Tests.Support;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class ClockWatchTests
{
    [Theory]
    [InlineData(-61, true)]
    [InlineData(-60, true)]
    [InlineData(-59, false)]
    [InlineData(3600, false)]
    public void A_clock_that_is_set_back_by_a_minute_is_noticed_once(int seconds, bool isNoticed)
    {
        var time = new SetClock();
        var watch = new ClockWatch(time);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Null(watch.SetBack());

        time.SetBy(TimeSpan.FromSeconds(seconds));

        Assert.Equal(isNoticed ? TimeSpan.FromSeconds(-seconds) : null, watch.SetBack());
        Assert.Null(watch.SetBack());
    }
}
