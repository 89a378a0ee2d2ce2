using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>Something that the server keeps from one round to the next.</summary>
/// <param name="Name">Its name; in the artifact, what stands before the parameters' names.</param>
/// <param name="Length">How many numbers it has; null for one beside each parameter.</param>
public sealed record StateTensor(string Name, int? Length = null);

/// <summary>
/// What a strategy keeps from one round to the next, in double precision: the content of a round's <c>strategy.safetensors</c>. Before the
/// first round all of it is zero.
/// </summary>
public sealed class ServerState
{
    private readonly ParameterLayout layout;
    private readonly IReadOnlyDictionary<string, (int Offset, int Length)> places;
    private readonly double[] values;

    private ServerState(ParameterLayout layout, IReadOnlyDictionary<string, (int Offset, int Length)> places, double[]? values)
    {
        this.layout = layout;
        this.places = places;
        IsNew = values is null;
        this.values = values ?? new double[layout.Length];
    }

    /// <summary>Whether no round has left anything yet.</summary>
    public bool IsNew { get; }

    /// <summary>One of the strategy's tensors.</summary>
    /// <exception cref="KeyNotFoundException">The strategy has not declared it.</exception>
    public Span<double> this[string name] => values.AsSpan(places[name].Offset, places[name].Length);

    /// <param name="tensors">What the strategy keeps.</param>
    /// <param name="parameters">The network's parameters.</param>
    /// <param name="content">What the round before left; null before the first.</param>
    /// <exception cref="SafetensorsException">The content is not what the strategy keeps.</exception>
    internal static ServerState Read(IReadOnlyList<StateTensor> tensors, ParameterLayout parameters, byte[]? content)
    {
        var slots = new List<(string, IReadOnlyList<int>)>();
        var places = new Dictionary<string, (int, int)>(StringComparer.Ordinal);
        var offset = 0;
        foreach (var tensor in tensors)
        {
            var length = tensor.Length ?? parameters.Length;
            places.Add(tensor.Name, (offset, length));
            offset += length;
            if (tensor.Length is { } count)
                slots.Add((tensor.Name, [count]));
            else
                slots.AddRange(parameters.Tensors.Select(slot => ($"{tensor.Name}.{slot.Name}", slot.Shape)));
        }

        var layout = new ParameterLayout(slots);
        return new ServerState(layout, places, content is null ? null : Safetensors.Read<double>(content, layout));
    }

    /// <summary>Forgets what stands beside parameters that no optimizer changes.</summary>
    internal void ForgetStatistics(ParameterLayout parameters)
    {
        foreach (var (offset, length) in places.Values.Where(place => place.Length == parameters.Length))
        {
            foreach (var slot in parameters.Tensors.Where(slot => !slot.IsTrained))
                values.AsSpan(offset + slot.Offset, slot.Length).Clear();
        }
    }

    internal byte[] ToSafetensors() => Safetensors.Write<double>(layout, values);
}
