using FlDurable.Shared.Records;

namespace FlDurable.Api;

/// <summary>How a federation's clients did in its newest rounds.</summary>
/// <param name="FirstRound">The oldest of the rounds that were looked at; absent if there is none.</param>
/// <param name="LastRound">The newest; absent if there is none.</param>
/// <param name="ClientCount">How many clients were in them.</param>
/// <param name="Clients">Those of the clients that are missing most often, then those that are slow most often, then those that take longest.</param>
/// <param name="Damage">Which of the rounds' records were found to be damaged, for a person; absent when none was.</param>
public sealed record ClientHistories(int? FirstRound, int? LastRound, int ClientCount, IReadOnlyList<ClientHistory> Clients, IReadOnlyList<string>? Damage = null)
{
    /// <summary>How many of the rounds have too many clients to be looked at: their records have them in parts; absent if none has.</summary>
    public int? RoundsInParts { get; init; }

    /// <summary>Makes them of records, which come in any order and from any thread.</summary>
    internal sealed class Builder
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, List<Part>> clients = new(StringComparer.Ordinal);
        private int? first;
        private int? last;
        private int inParts;

        /// <summary>Takes what a record says of clients. One that has them in parts is only counted: all that is of so many is more than anybody looks at.</summary>
        public void Add(RoundRecord record)
        {
            if (record.Parts is not null)
            {
                lock (gate)
                    inParts++;
                return;
            }

            var times = record.Participants.Select(client => client.Seconds).Order().ToList();
            var usual = times.Count == 0 ? 0 : times[times.Count / 2];
            lock (gate)
            {
                first = Math.Min(first ?? record.Round, record.Round);
                last = Math.Max(last ?? record.Round, record.Round);
                foreach (var client in record.Participants)
                    PartsOf(client.Client).Add(new Part(record.Round, client.Seconds, SlowClients.IsSlow(client.Seconds, usual)));
                foreach (var failure in record.Failures)
                    PartsOf(failure.Client).Add(new Part(record.Round, Seconds: null));
            }
        }

        /// <summary>At most so many of the clients that it was told of.</summary>
        public ClientHistories Build(int mostClients) => new(first, last, clients.Count, [..
            clients.Select(client => HistoryOf(client.Key, client.Value))
                .OrderByDescending(client => client.Missing.Count)
                .ThenByDescending(client => client.Slow.Count)
                .ThenByDescending(client => client.Seconds.DefaultIfEmpty().Average())
                .ThenBy(client => client.Client, StringComparer.Ordinal)
                .Take(mostClients)])
        {
            RoundsInParts = inParts == 0 ? null : inParts,
        };

        private static ClientHistory HistoryOf(string client, List<Part> parts)
        {
            var timed = parts.Where(part => part.Seconds is not null).OrderBy(part => part.Round).ToList();
            return new ClientHistory(
                client,
                [.. timed.Select(part => part.Round)],
                [.. timed.Select(part => Math.Round(part.Seconds!.Value, 3))],
                [.. timed.Where(part => part.IsSlow).Select(part => part.Round)],
                [.. parts.Where(part => part.Seconds is null).Select(part => part.Round).Distinct().Order()]);
        }

        private List<Part> PartsOf(string client) => clients.TryGetValue(client, out var parts) ? parts : clients[client] = [];

        /// <summary>A client's part in a round; without seconds it is missing.</summary>
        private readonly record struct Part(int Round, double? Seconds, bool IsSlow = false);
    }
}

/// <summary>How a client did in a federation's newest rounds.</summary>
/// <param name="Client">The client.</param>
/// <param name="Rounds">The rounds in which it trained or evaluated.</param>
/// <param name="Seconds">How long it trained and evaluated in each of these, to the millisecond.</param>
/// <param name="Slow">Those of them in which it took much longer than the round's clients did: at least three times their median, and two seconds more.</param>
/// <param name="Missing">The rounds in which it was selected and is missing; where it had trained before, it is among the others too.</param>
public sealed record ClientHistory(
    string Client, IReadOnlyList<int> Rounds, IReadOnlyList<double> Seconds, IReadOnlyList<int> Slow, IReadOnlyList<int> Missing);
