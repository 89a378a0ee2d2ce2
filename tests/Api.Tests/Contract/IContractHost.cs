namespace FlDurable.Api.Tests.Contract;

/// <summary>A host of the API, whichever, with an engine that runs what is started.</summary>
public interface IContractHost : IAsyncDisposable
{
    /// <summary>Calls it with whatever key it asks for, and holds what it answers to its document.</summary>
    HttpClient Client { get; }
}
