namespace FlDurable.Infra.Tests.Support;

/// <summary>A change of one place in one file of infra/.</summary>
internal sealed record Edit(string File, string Before, string After);
