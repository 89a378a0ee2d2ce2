using FlDurable.Shared.Parameters;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// A client that corrects its drift, as SCAFFOLD has it: it adds c − c_k to every gradient, and keeps c_k − c + (x − w) / (|a| η), the mean of its
/// own gradients on the way from x to w.
/// </summary>
/// <param name="own">c_k.</param>
/// <param name="server">c.</param>
/// <param name="global">x.</param>
internal sealed class ClientControl(ModelParameters own, double[] server, ModelParameters global)
{
    /// <summary>Reads what the client and the server have kept.</summary>
    /// <exception cref="ArtifactStoreException">It is gone or damaged.</exception>
    public static async Task<ClientControl> ReadAsync(IArtifactStore store, ClientWork work, CancellationToken cancellationToken)
    {
        var layout = work.Network.Layout;
        var own = work.Client.State is { } kept
            ? await store.ReadParametersAsync(kept, layout, cancellationToken)
            : new ModelParameters(layout);
        var server = work.Plan?.StrategyState is { } state
            ? Safetensors.Read<double>(await store.ReadAsync(state, cancellationToken), ControlVariates.LayoutOfServer(layout))
            : new double[layout.Length];
        return new ClientControl(own, server, work.Global);
    }

    /// <summary>c − c_k.</summary>
    public float[] Offset()
    {
        var offset = new float[server.Length];
        for (var index = 0; index < offset.Length; index++)
            offset[index] = (float)(server[index] - own.Values[index]);
        return offset;
    }

    /// <summary>What the client keeps.</summary>
    /// <param name="trained">w.</param>
    /// <param name="steps">How many steps it took there.</param>
    /// <param name="options">How.</param>
    public ModelParameters After(ModelParameters trained, int steps, TrainingOptions options)
    {
        var scale = 1 / (LocalSteps.Norm(steps, options.Momentum) * options.LearningRate);
        var next = new ModelParameters(global.Layout);
        foreach (var slot in global.Layout.Tensors.Where(slot => slot.IsTrained))
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
                next.Values[index] = (float)(own.Values[index] - server[index] + (((double)global.Values[index] - trained.Values[index]) * scale));
        }

        return next;
    }
}
