namespace FlDurable.Shared.Networks;

/// <summary>A layer does not take what comes to it. The message names the layer, what came and what was expected.</summary>
public sealed class NetworkFitException(string message) : ArgumentException(message);
