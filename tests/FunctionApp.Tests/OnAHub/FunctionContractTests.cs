using FlDurable.Api.Tests.Contract;
using FlDurable.FunctionApp.Tests.Support;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>The contract on the app's functions, the same as on <c>fldurable serve</c>.</summary>
public sealed class FunctionContractTests : ContractTests
{
    private readonly TestFolder folder = new();

    protected override async Task<IContractHost> StartAsync() => await AppHost.StartAsync(folder);

    protected override void PutAway() => folder.Dispose();
}
