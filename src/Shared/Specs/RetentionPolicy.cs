using System.Globalization;

namespace FlDurable.Shared.Specs;

/// <summary>Which rounds' global parameters stay (<see cref="FederationSpec.Retention"/>).</summary>
public abstract record RetentionPolicy
{
    private RetentionPolicy()
    {
    }

    /// <summary>Reads <c>all</c>, <c>last:N</c> or <c>every:N</c>.</summary>
    public static bool TryParse(string text, out RetentionPolicy policy)
    {
        policy = new All();
        if (text == "all")
            return true;
        var parts = text.Split(':');
        if (parts.Length != 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
            return false;
        switch (parts[0])
        {
            case "last":
                policy = new Last(count);
                return true;
            case "every":
                policy = new Every(count);
                return true;
            default:
                return false;
        }
    }

    /// <summary>The round whose parameters are no longer needed once a round is recorded; null if there is none.</summary>
    /// <param name="recordedRound">The round that was just recorded, from 1.</param>
    public abstract int? SupersededBy(int recordedRound);

    /// <summary>The inverse: the round with whose recording a round's parameters are no longer needed; null if they stay.</summary>
    public abstract int? SupersededWith(int round);

    /// <summary>Whether a round's parameters are kept once a later one is recorded.</summary>
    public abstract bool Keeps(int round, int recordedRound);

    private sealed record All : RetentionPolicy
    {
        public override int? SupersededBy(int recordedRound) => null;

        public override int? SupersededWith(int round) => null;

        public override bool Keeps(int round, int recordedRound) => true;
    }

    private sealed record Last(int Count) : RetentionPolicy
    {
        public override int? SupersededBy(int recordedRound) => recordedRound >= Count ? recordedRound - Count : null;

        public override int? SupersededWith(int round) => round + Count;

        public override bool Keeps(int round, int recordedRound) => round > recordedRound - Count;
    }

    private sealed record Every(int Count) : RetentionPolicy
    {
        public override int? SupersededBy(int recordedRound) => (recordedRound - 1) % Count == 0 ? null : recordedRound - 1;

        public override int? SupersededWith(int round) => round % Count == 0 ? null : round + 1;

        public override bool Keeps(int round, int recordedRound) => round == recordedRound || round % Count == 0;
    }
}
