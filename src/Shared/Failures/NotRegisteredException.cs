namespace FlDurable.Shared.Failures;

/// <summary>What is asked for by name this host was built without, though the one that asked for it, or checked the spec that does, was not.</summary>
/// <param name="message">What, and what there is.</param>
public sealed class NotRegisteredException(string message) : KeyNotFoundException(message)
{
    /// <param name="kind">What it is: <c>network</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="known">The names that this host knows.</param>
    public static NotRegisteredException Of(string kind, string name, IEnumerable<string> known) =>
        new($"{kind} '{name}' is not known here; known are {string.Join(", ", known.Order(StringComparer.Ordinal))}");
}
