using FlDurable.LocalHost;

return await FederationHost.CreateBuilder(args).RunAsync();
