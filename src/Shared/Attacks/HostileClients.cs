using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Attacks;

/// <summary>Which clients of a federation are hostile: the same in every round.</summary>
public static class HostileClients
{
    internal static readonly WholeNumberField Count =
        new("clients", "How many clients are hostile, drawn by the seed; 0 where they are named.", 0, 1_000_000) { Default = 0 };

    internal static readonly TextField Named =
        new("named", "Which clients are hostile, instead of drawn ones: `client-0,client-7`.")
        {
            Default = "",
            DefaultMeaning = "none",
            Example = "CLIENT,CLIENT",
            Form = new TextForm("names such as client-0,client-7, or nothing", text => text.Length == 0 || Parse(text) is not null)
            {
                Pattern = "^(client-[0-9]{1,6}(,client-[0-9]{1,6})*)?$",
                MostCharacters = 20_000,
            },
        };

    /// <summary>Their indexes, in ascending order.</summary>
    public static IReadOnlyList<int> Of(FederationSpec spec) => spec.Attack.Of(Named) is { Length: > 0 } named
        ? [.. Parse(named)!.Order()]
        : Draw((int)spec.Attack.Of(Count), spec.Clients, spec.Seed);

    internal static IEnumerable<SpecError> Errors(FederationSpec spec)
    {
        var (count, named) = (spec.Attack.Of(Count), Parse(spec.Attack.Of(Named)) ?? []);
        if (count == 0 == (named.Count == 0))
            yield return new SpecError($"attack.{Count.Name}", $"expected either how many clients are hostile, or in {Named.Name} who is; got {(count == 0 ? "neither" : "both")}");
        else if (count >= spec.Clients || named.Count >= spec.Clients)
            yield return new SpecError($"attack.{(count > 0 ? Count.Name : Named.Name)}", FormattableString.Invariant($"expected fewer than the {spec.Clients} clients, got {Math.Max(count, named.Count)}"));
        if (named.FirstOrDefault(client => client >= spec.Clients, -1) is >= 0 and var unknown)
            yield return new SpecError($"attack.{Named.Name}", $"expected clients from {ClientNames.Of(0)} to {ClientNames.Of(spec.Clients - 1)}, got {ClientNames.Of(unknown)}");
    }

    /// <summary>The first steps of a shuffle: memory is that of the hostile, not of all clients.</summary>
    private static List<int> Draw(int count, int clients, long seed)
    {
        var random = new RandomStream(seed, RandomPurpose.HostileClients);
        var moved = new Dictionary<int, int>();
        var drawn = new List<int>(count);
        for (var place = 0; place < count; place++)
        {
            var other = place + random.NextInt32(clients - place);
            drawn.Add(moved.GetValueOrDefault(other, other));
            moved[other] = moved.GetValueOrDefault(place, place);
        }

        drawn.Sort();
        return drawn;
    }

    /// <returns>Null if it names no clients, or one twice.</returns>
    private static List<int>? Parse(string text)
    {
        var clients = new List<int>();
        foreach (var name in text.Split(','))
        {
            if (ClientNames.NumberOf(name) is not { } client || clients.Contains(client))
                return null;
            clients.Add(client);
        }

        return clients;
    }
}
