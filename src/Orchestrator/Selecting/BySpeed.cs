namespace FlDurable.Orchestrator.Selecting;

/// <summary>
/// Who has not been in a round yet, then the fastest for what they have, by Apodotiko's score (<see cref="ClientSpeeds"/>), and who has failed of late
/// only where there are no others (Elzohairy, Chadha, Jindal, Grafberger, Gu, Gerndt and Abboud, "Apodotiko: Enabling Efficient Serverless Federated
/// Learning in Heterogeneous Environments", CCGrid 2024). Who is chosen depends on measured time, and so do the federation's bits.
/// </summary>
internal sealed class BySpeed : ISelectionRule
{
    public static ClientSelection Selection { get; } = new("speed", _ => new BySpeed());

    public bool LooksAtSpeeds => true;

    public IEnumerable<int> Choose(SelectionRound round)
    {
        var speeds = round.Speeds.Clients.ToDictionary(speed => speed.Client, StringComparer.Ordinal);
        var places = Enumerable.Range(0, round.Clients.Count).Select(place => (Place: place, Speed: speeds.GetValueOrDefault(round.Clients[place].Client))).ToList();
        var newcomers = places.Where(client => client.Speed is null or { Scores: [], Penalty: 0 }).Select(client => client.Place).ToArray();
        round.Random.Shuffle(newcomers.AsSpan());
        var known = places.Where(client => client.Speed is { Scores: [_, ..], Penalty: 0 }).OrderByDescending(client => client.Speed!.Score);
        var failed = places.Where(client => client.Speed is { Penalty: > 0 }).OrderBy(client => client.Speed!.Penalty);
        return newcomers.Concat(known.Concat(failed).Select(client => client.Place)).Take(round.Count);
    }
}
