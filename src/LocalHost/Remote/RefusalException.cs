using System.Net;
using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Remote;

/// <summary>What a server refuses, in its words.</summary>
/// <param name="detail">Why.</param>
/// <param name="status">With what HTTP status.</param>
/// <param name="kind">Which of the problems of docs/api.md it is: the last part of its type.</param>
internal sealed class RefusalException(string detail, HttpStatusCode status, string kind) : UsageException(detail)
{
    /// <summary>Whether what it was asked for is not there, or the server is of a build that has no such call.</summary>
    public bool IsNotThere => status == HttpStatusCode.NotFound;

    /// <summary>Which problem it is.</summary>
    public string Kind => kind;
}
