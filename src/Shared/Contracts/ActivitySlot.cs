namespace FlDurable.Shared.Contracts;

/// <summary>One of the slots in which a host runs so many activities at a time.</summary>
public sealed class ActivitySlot
{
    private static readonly AsyncLocal<ActivitySlot?> Current = new();

    private readonly Action onGivenBack;
    private int isGone;

    private ActivitySlot(Action onGivenBack) => this.onGivenBack = onGivenBack;

    /// <summary>
    /// Lets the host give the running activity's slot to another, as what is left of this one is hardly more than to wait until a disk or a store has what it made. Nothing
    /// comes of it the second time, once the activity has ended, and where the host has no slots to give.
    /// </summary>
    public static void GiveBack()
    {
        if (Current.Value is { } slot && slot.TryGo())
            slot.onGivenBack();
    }

    /// <summary>Says that what this thread does next, and all that follows from it, is an activity with a slot: for hosts.</summary>
    /// <param name="onGivenBack">Is told, once at most, that another may have the slot although the activity has not ended.</param>
    public static ActivitySlot Begin(Action onGivenBack) => Current.Value = new ActivitySlot(onGivenBack);

    /// <summary>Says that the activity has ended, on the thread on which it began.</summary>
    /// <returns>Whether it still had the slot.</returns>
    public bool End()
    {
        Current.Value = null;
        return TryGo();
    }

    private bool TryGo() => Interlocked.Exchange(ref isGone, 1) == 0;
}
