namespace FlDurable.Shared.Parameters;

/// <summary>All parameters of a model: a layout and one contiguous buffer.</summary>
public sealed class ModelParameters
{
    private readonly float[] values;

    /// <summary>Zeros.</summary>
    public ModelParameters(ParameterLayout layout)
        : this(layout, new float[layout.Length])
    {
    }

    /// <summary>Takes a buffer over, without a copy.</summary>
    /// <exception cref="ArgumentException">The buffer is not of the layout's length.</exception>
    public ModelParameters(ParameterLayout layout, float[] values)
    {
        if (values.Length != layout.Length)
            throw new ArgumentException($"the layout has {layout.Length} values, the buffer {values.Length}", nameof(values));
        Layout = layout;
        this.values = values;
    }

    /// <summary>Which tensors there are.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All values, in the layout's order.</summary>
    public Span<float> Values => values;

    /// <summary>One tensor's values.</summary>
    /// <exception cref="ArgumentException">There is no tensor of that name.</exception>
    public Span<float> Tensor(string name)
    {
        var slot = Layout.Tensors.FirstOrDefault(slot => slot.Name == name) ?? throw new ArgumentException($"no tensor '{name}'", nameof(name));
        return Values.Slice(slot.Offset, slot.Length);
    }

    /// <summary>A copy that shares nothing but the layout.</summary>
    public ModelParameters Copy() => new(Layout, (float[])values.Clone());
}
