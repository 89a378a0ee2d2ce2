namespace FlDurable.Shared.Tests.Support;

/// <summary>Tests that count what this process allocates: no others run meanwhile.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
