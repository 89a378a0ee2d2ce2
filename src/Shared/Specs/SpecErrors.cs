namespace FlDurable.Shared.Specs;

/// <summary>
/// What is wrong with a spec: so many errors are named, and the others counted. Nobody reads more, and whoever writes a spec decides how many
/// there are.
/// </summary>
public sealed class SpecErrors
{
    /// <summary>The most that are named.</summary>
    public const int Most = 100;

    private readonly List<SpecError> named = [];

    /// <summary>How many there are, named or not.</summary>
    internal int Count { get; private set; }

    /// <summary>Adds an error.</summary>
    public void Add(string field, string message) => Add((field, message), static error => new SpecError(error.field, error.message));

    /// <summary>Adds an error, which is not written unless it will be named.</summary>
    internal void Add(Func<SpecError> error) => Add(error, static error => error());

    /// <inheritdoc cref="Add(Func{SpecError})"/>
    internal void Add<TFault>(TFault fault, Func<TFault, SpecError> write)
    {
        if (++Count <= Most)
            named.Add(write(fault));
    }

    /// <exception cref="InvalidSpecException">There are errors.</exception>
    public void ThrowIfAny()
    {
        if (Count > Most)
            named.Add(new SpecError(SpecDocument.Whole, FormattableString.Invariant($"and {Count - Most} more")));
        if (Count > 0)
            throw new InvalidSpecException(named);
    }
}
