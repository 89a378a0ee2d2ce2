namespace FlDurable.Api.Tests.Support;

/// <summary>Tests of what a whole process counts: no other runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
