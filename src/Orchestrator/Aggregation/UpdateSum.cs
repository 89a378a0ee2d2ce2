using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Σ n_k w_k, streamed, in double precision and in the order of the calls, so that the bits are the same
/// wherever and whenever it is computed.
/// </summary>
internal sealed class UpdateSum(ParameterLayout layout)
{
    private readonly double[] sum = new double[layout.Length];

    public void Add(ModelParameters update, long examples)
    {
        var values = update.Values;
        double weight = examples;
        for (var index = 0; index < sum.Length; index++)
            sum[index] += weight * values[index];
    }

    public void Add(byte[] partialSum)
    {
        var part = Safetensors.Read<double>(partialSum, layout);
        for (var index = 0; index < sum.Length; index++)
            sum[index] += part[index];
    }

    public byte[] ToSafetensors() => Safetensors.Write<double>(layout, sum);
}
