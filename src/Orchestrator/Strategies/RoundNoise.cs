using FlDurable.Shared.Privacy;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>A round's random numbers of the federation's secret key: however often they are drawn, they are the same.</summary>
/// <param name="key">The federation's key.</param>
/// <param name="round">The round.</param>
public sealed class RoundNoise(byte[] key, int round) : IDisposable
{
    private readonly Dictionary<SecretPurpose, SecretStream> streams = [];

    /// <summary>The numbers for a purpose, from where they were left.</summary>
    public SecretStream Of(SecretPurpose purpose)
    {
        if (!streams.TryGetValue(purpose, out var stream))
            streams[purpose] = stream = new SecretStream(key, purpose, round);
        return stream;
    }

    /// <summary>Forgets the numbers.</summary>
    public void Dispose()
    {
        foreach (var stream in streams.Values)
            stream.Dispose();
    }
}
