using FlDurable.LocalHost;
using OwnNamespace;

return await FederationHost.CreateBuilder(args)
    .AddStrategy<Cautious>()
    .AddNetwork(OwnNetworks.Narrow)
    .AddDataset<Bars>()
    .RunAsync();
