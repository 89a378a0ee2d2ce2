namespace FlDurable.Shared.Rounds;

/// <summary>The two fan-outs of a round.</summary>
public enum RoundPhase
{
    /// <summary>Clients train.</summary>
    Fit,

    /// <summary>Clients evaluate the new global parameters.</summary>
    Evaluate,
}
