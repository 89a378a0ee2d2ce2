using FlDurable.Shared.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FlDurable.TorchEngine;

/// <summary>Whether a user's module is what its network says.</summary>
internal static class ModuleFit
{
    private const long Images = 2; // tried at once: a wrong shape could pass with one

    /// <summary>What is wrong with it, for its author; null when it fits.</summary>
    public static string? Problem(Network network, Module<Tensor, Tensor> module)
    {
        var problems = ParameterProblems(network, module).Concat(BufferProblems(module)).ToList();
        if (problems.Count == 0 && OutputProblem(network, module) is { } problem)
            problems.Add(problem);
        return problems.Count == 0 ? null : $"the module of network '{network.Name}' does not fit it: {string.Join("; ", problems)}";
    }

    private static IEnumerable<string> ParameterProblems(Network network, Module<Tensor, Tensor> module)
    {
        var parameters = module.named_parameters().ToDictionary(named => named.name, named => named.parameter, StringComparer.Ordinal);
        foreach (var slot in network.Layout.Tensors)
        {
            if (!parameters.Remove(slot.Name, out var parameter))
                yield return $"it has no parameter '{slot.Name}'";
            else if (!parameter.shape.SequenceEqual(slot.Shape.Select(length => (long)length)))
                yield return $"its parameter '{slot.Name}' is {Text(parameter.shape)}, expected {Text(slot.Shape)}";
            else if (parameter.dtype != ScalarType.Float32)
                yield return $"its parameter '{slot.Name}' is of type {parameter.dtype}, expected {ScalarType.Float32}";
            else if (!parameter.requires_grad)
                yield return $"its parameter '{slot.Name}' is frozen; what is not trained should be a buffer that is not persistent";
        }

        foreach (var name in parameters.Keys)
            yield return $"its parameter '{name}' is not in the network's layout";
    }

    /// <summary>Only parameters travel between clients: what else a module learns would be lost without a word.</summary>
    private static IEnumerable<string> BufferProblems(Module<Tensor, Tensor> module)
    {
        var parameters = module.named_parameters().Select(named => named.name).ToHashSet(StringComparer.Ordinal);
        return module.state_dict().Keys.Where(name => !parameters.Contains(name)).Select(name =>
            $"its buffer '{name}' would not be averaged (batch normalisation has such, group normalisation has none); "
            + "a constant should be a buffer that is not persistent");
    }

    private static string? OutputProblem(Network network, Module<Tensor, Tensor> module)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        module.eval();
        var input = zeros(Images, network.Input.Channels, network.Input.Height, network.Input.Width);
        try
        {
            var output = module.call(input);
            return output.shape.SequenceEqual([Images, network.Classes]) && output.dtype == ScalarType.Float32
                ? null
                : $"of {Text(input.shape)} it makes {Text(output.shape)} of type {output.dtype}, expected {Text(Images, network.Classes)} of type {ScalarType.Float32}";
        }
        catch (Exception exception)
        {
            // Whatever a user's code throws.
            return $"it fails on an input of {Text(input.shape)}: {exception.Message}";
        }
    }

    private static string Text<T>(params IEnumerable<T> shape) => $"[{string.Join(", ", shape)}]";
}
