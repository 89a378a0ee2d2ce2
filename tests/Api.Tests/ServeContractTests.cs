using FlDurable.Api.Tests.Contract;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>The contract on <c>fldurable serve</c>.</summary>
public sealed class ServeContractTests : ContractTests
{
    protected override async Task<IContractHost> StartAsync() => await ApiHost.StartAsync();
}
