using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Remote;

/// <summary>What a server refuses, in its words.</summary>
/// <param name="detail">Why.</param>
/// <param name="kind">Which of the problems of docs/api.md it is: the last part of its type.</param>
internal sealed class RefusalException(string detail, string kind) : UsageException(detail)
{
    /// <summary>Which problem it is.</summary>
    public string Kind => kind;
}
