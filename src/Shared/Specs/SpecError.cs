namespace FlDurable.Shared.Specs;

/// <summary>Something wrong with one field of a spec.</summary>
/// <param name="Field">The field's JSON name, an option's after its field's (<c>strategy.serverLearningRate</c>), or <c>$</c> for the document.</param>
/// <param name="Message">What was found and what was expected, for a person.</param>
public sealed record SpecError(string Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>A spec that can't be run, with everything that is wrong with it.</summary>
public sealed class InvalidSpecException(IReadOnlyList<SpecError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<SpecError> Errors { get; } = errors;
}
