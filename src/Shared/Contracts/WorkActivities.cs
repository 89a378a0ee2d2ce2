namespace FlDurable.Shared.Contracts;

/// <summary>The activities of federations whose clients' work others do. Hosts that have a work board have them.</summary>
public static class WorkActivities
{
    /// <summary>Offers a cohort's work, unless its result is there.</summary>
    public static ActivityDescriptor<OfferWorkInput, OfferedWork> OfferWork { get; } = new(nameof(OfferWork));

    /// <summary>Looks what has become of offered work, and withdraws it if its time is over.</summary>
    public static ActivityDescriptor<LookAtWorkInput, OfferedWork> LookAtWork { get; } = new(nameof(LookAtWork));

    /// <summary>Withdraws work that nobody waits for any more.</summary>
    public static ActivityDescriptor<WithdrawWorkInput, bool> WithdrawWork { get; } = new(nameof(WithdrawWork));
}
