using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests.Support;

/// <summary>Virtual time whose clock somebody sets: that changes the date, and not how much time has elapsed.</summary>
internal sealed class SetClock() : FakeTimeProvider(new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero))
{
    private TimeSpan set;

    /// <summary>Sets the clock forward, or back.</summary>
    public void SetBy(TimeSpan by) => set += by;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + set;

    // In ticks, as its frequency is.
    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
