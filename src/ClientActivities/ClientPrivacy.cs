using FlDurable.Shared.Parameters;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>What a client does to its update before it leaves: it is clipped, and every parameter gets noise.</summary>
internal static class ClientPrivacy
{
    /// <summary>x + (w − x) min(1, C / ‖w − x‖) + N(0, z² C²); for what no optimizer changes, x.</summary>
    /// <param name="global">x.</param>
    /// <param name="trained">w.</param>
    /// <param name="norm">‖w − x‖.</param>
    /// <param name="privacy">C and z.</param>
    /// <param name="noise">Where the noise comes from.</param>
    public static ModelParameters Hide(ModelParameters global, ModelParameters trained, double norm, PrivacyOptions privacy, SecretStream noise)
    {
        var clip = privacy.FirstClip;
        var factor = norm <= clip ? 1 : clip / norm;
        var sigma = privacy.NoiseMultiplier * clip;
        var hidden = global.Copy();
        foreach (var slot in global.Layout.Tensors.Where(slot => slot.IsTrained))
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
            {
                double start = global.Values[index];
                hidden.Values[index] = (float)(start + (factor * (trained.Values[index] - start)) + (sigma * noise.NextNormal()));
            }
        }

        return hidden;
    }
}
