namespace FlDurable.Shared.Randomness;

/// <summary>What random numbers are for. Streams for different purposes have nothing in common.</summary>
public enum RandomPurpose
{
    /// <summary>Initial parameters.</summary>
    Initialization = 1,

    /// <summary>Dividing images among clients.</summary>
    Partitioning = 2,

    /// <summary>Choosing the clients that train.</summary>
    FitSelection = 3,

    /// <summary>Choosing the clients that evaluate.</summary>
    EvaluateSelection = 4,

    /// <summary>The order of a client's training examples.</summary>
    Shuffling = 5,

    /// <summary>Synthetic images.</summary>
    SyntheticImages = 6,

    /// <summary>Images on which parameters are tried.</summary>
    MadeUpImages = 7,

    /// <summary>Which values dropout layers keep.</summary>
    Dropout = 8,

    /// <summary>Choosing the images that become a test set.</summary>
    TestImages = 9,

    /// <summary>How images are changed in training.</summary>
    Augmentation = 10,

    /// <summary>Choosing the clients that are hostile.</summary>
    HostileClients = 20,

    /// <summary>What a hostile client does to its images.</summary>
    Poisoning = 21,

    /// <summary>What a hostile client sends.</summary>
    Attack = 22,
}

/// <summary>
/// A stream of random numbers that is a pure function of (seed, purpose, round, client): the same on every machine, whatever was drawn
/// before. Integer arithmetic only, so that no platform's libm has a say.
/// </summary>
public sealed partial class RandomStream : INumberStream
{
    /// <summary>The largest seed: the largest whole number that every JSON reader keeps exactly.</summary>
    public const long MaxSeed = (1L << 53) - 1;

    private readonly uint key0;
    private readonly uint key1;
    private readonly uint purpose;
    private readonly uint round;
    private readonly uint client;
    private readonly uint[] block = new uint[Philox.WordsABlock];
    private uint nextBlock;
    private int used = Philox.WordsABlock;

    /// <summary>The stream's beginning.</summary>
    /// <param name="seed">The federation's seed.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="round">The round, 0 where there is none.</param>
    /// <param name="client">The client's index, 0 where there is none.</param>
    public RandomStream(long seed, RandomPurpose purpose, int round = 0, int client = 0)
    {
        key0 = (uint)seed;
        key1 = (uint)(seed >> 32);
        this.purpose = (uint)purpose;
        this.round = (uint)round;
        this.client = (uint)client;
    }

    /// <summary>32 random bits. A stream has 2^34 of these.</summary>
    public uint NextUInt32()
    {
        if (used == block.Length)
        {
            (block[0], block[1], block[2], block[3]) = Philox.Block(nextBlock, client, round, purpose, key0, key1);
            nextBlock = checked(nextBlock + 1);
            used = 0;
        }

        return block[used++];
    }

    /// <summary>The next words, as <see cref="NextUInt32"/> gives them one by one.</summary>
    internal void NextUInt32s(Span<uint> words)
    {
        while (used < block.Length && !words.IsEmpty)
        {
            words[0] = block[used++];
            words = words[1..];
        }

        var blocks = words.Length / Philox.WordsABlock;
        if (blocks > 0)
        {
            var next = checked(nextBlock + (uint)blocks);
            Philox.Blocks(nextBlock, client, round, purpose, key0, key1, words[..(blocks * Philox.WordsABlock)]);
            nextBlock = next;
            words = words[(blocks * Philox.WordsABlock)..];
        }

        foreach (ref var word in words)
            word = NextUInt32();
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble()
    {
        var high = (ulong)NextUInt32() << 32;
        return ((high | NextUInt32()) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>), without bias (Lemire, "Fast random integer generation in an interval", 2019).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bound"/> is not positive.</exception>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (uint)bound;
        var product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            var threshold = (0 - range) % range;
            while ((uint)product < threshold)
                product = (ulong)NextUInt32() * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>A uniformly random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var last = items.Length - 1; last > 0; last--)
        {
            var other = NextInt32(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }
}
