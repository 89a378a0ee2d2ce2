namespace FlDurable.LanesEngine;

/// <summary>Stages one behind the other.</summary>
/// <param name="stages">The stages.</param>
/// <param name="input">What the first takes.</param>
/// <param name="output">What the last makes, as the network shapes it.</param>
internal sealed class StageChain(Stage[] stages, Activations input, Activations output)
{
    /// <summary>The stages.</summary>
    public IReadOnlyList<Stage> Stages => stages;

    /// <summary>What the first takes.</summary>
    public Activations Input => input;

    /// <summary>What the last makes; the input where there is none.</summary>
    public Activations Output => output;

    /// <summary>Multiply-adds by image of <see cref="Forward"/>.</summary>
    public double MultiplyAdds => stages.Sum(stage => stage.MultiplyAdds);

    /// <summary>Computes the output's values from the input's.</summary>
    public void Forward(int groups)
    {
        foreach (var stage in stages)
            stage.Forward(groups);
    }

    /// <summary>Computes every gradient but those of the input.</summary>
    public void ComputeParameterGradients(int groups, bool isFirst)
    {
        for (var last = stages.Length - 1; last >= 0; last--)
        {
            stages[last].ComputeParameterGradients(groups, isFirst);
            if (last > 0 && stages[last - 1].Output.HasGradients)
                stages[last].ComputeInputGradients(groups);
        }
    }

    /// <summary>Computes the input's gradients, after all others. Called only where it has any.</summary>
    public void ComputeInputGradients(int groups)
    {
        if (stages.Length > 0)
            stages[0].ComputeInputGradients(groups);
    }
}
