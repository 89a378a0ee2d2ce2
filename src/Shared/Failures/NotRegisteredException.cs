namespace FlDurable.Shared.Failures;

/// <summary>A checked spec names what this host was built without, though the one that started it was not.</summary>
/// <param name="message">What, and what there is.</param>
public sealed class NotRegisteredException(string message) : KeyNotFoundException(message);
