namespace FlDurable.Shared.Contracts;

/// <summary>One of the slots in which a host runs so many activities at a time.</summary>
/// <param name="onGivenBack">Is told, once at most, that another activity may have the slot while this one still runs.</param>
public sealed class ActivitySlot(Action onGivenBack)
{
    private static readonly AsyncLocal<ActivitySlot?> Running = new();

    private int isLeft;

    /// <summary>The running activity's; null where its host has none to give to another. The host sets it.</summary>
    public static ActivitySlot? Current
    {
        get => Running.Value;
        set => Running.Value = value;
    }

    /// <summary>
    /// Lets another activity have the slot: all that is left of this one is waiting, as until a disk or a store has what it made. Nothing comes of it the second
    /// time, nor once the activity has ended.
    /// </summary>
    public void GiveBack()
    {
        if (End())
            onGivenBack();
    }

    /// <summary>Says that the activity has ended: for the host.</summary>
    /// <returns>Whether it still had the slot.</returns>
    public bool End() => Interlocked.Exchange(ref isLeft, 1) == 0;
}
