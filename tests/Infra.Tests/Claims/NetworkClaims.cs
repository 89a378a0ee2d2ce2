using FlDurable.Infra.Tests.Support;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>The private network, and that there is none unless it is asked for.</summary>
internal static class NetworkClaims
{
    private const string Template = "modules/network.bicep";
    private const string PrivateEndpoint = "modules/privateEndpoint.bicep";
    private const string Delegation = "delegations.0.properties.serviceName";

    public static IEnumerable<Claim> All =>
    [
        new("dev has no network", Options.Dev, d => d.Names(Network) + d.Names(Endpoint) + d.Names(Zone), "",
            new("main.bicep", "param network Network?", "param network Network = { addressPrefix: '10.20.0.0/20' }")),
        new("dev's account is reached from anywhere", Options.Dev, Access, "Enabled Allow",
            new("main.bicep", "publicNetworkAccess: network == null", "publicNetworkAccess: false")),
        new("prod's account is closed to the outside", Options.Prod, Access, "Disabled Deny",
            new("modules/storage.bicep", "publicNetworkAccess: publicNetworkAccess ? 'Enabled' : 'Disabled'", "publicNetworkAccess: 'Enabled'")),
        new("prod's firewall lets nobody in", Options.Prod, Access, "Disabled Deny",
            new("modules/storage.bicep", "defaultAction: publicNetworkAccess ? 'Allow' : 'Deny'", "defaultAction: 'Allow'")),
        new("prod's firewall lets lifecycle rules work", Options.Prod, d => d.Says(Account, "properties.networkAcls.bypass"), "AzureServices",
            new("modules/storage.bicep", "bypass: 'AzureServices'", "bypass: 'None'")),
        new("every storage service that Durable Functions uses has a private endpoint", Options.Prod,
            d => d.Says(Endpoint, "properties.privateLinkServiceConnections.0.properties.groupIds"), """["blob"] | ["queue"] | ["table"] | ["scheduler"]""",
            new(Template, "['blob', 'queue', 'table']", "['blob', 'queue']")),
        new("the endpoints are the account's and the scheduler's", Options.Prod,
            d => $"{d.Says(Endpoint, "properties.privateLinkServiceConnections.0.properties.privateLinkServiceId") == $"{d.Says(Account, "id")} | {d.Says(Scheduler, "id")}"}", "True",
            new(PrivateEndpoint, "privateLinkServiceId: serviceId", "privateLinkServiceId: network.id")),
        new("the endpoints have a subnet of their own", Options.Prod, d => d.Says(Endpoint, "properties.subnet.id").Split('/')[^1], "endpoints",
            new(PrivateEndpoint, "  resource endpoints 'subnets' existing = {\n    name: 'endpoints'", "  resource endpoints 'subnets' existing = {\n    name: 'functions'")),
        new("names are resolved to the endpoints", Options.Prod, d => ServicesOf(d, Zone), "blob, queue, table, privatelink.durabletask.io",
            new(Template, "'privatelink.${service}.${environment().suffixes.storage}'", "'private.${service}.${environment().suffixes.storage}'")),
        new("names are resolved in the network", Options.Prod, d => d.Says(ZoneLink, "properties.virtualNetwork.id").Split('/')[^1], "vnet-fldurable-prod",
            new(PrivateEndpoint, "virtualNetwork: { id: network.id }", "virtualNetwork: { id: serviceId }")),
        new("each endpoint is in its zone", Options.Prod,
            d => $"{d.All(ZoneGroup).Count} {d.Says(ZoneGroup, "properties.privateDnsZoneConfigs.0.properties.privateDnsZoneId").Split("privateDnsZones").Length - 1}", "4 4",
            new(PrivateEndpoint, "privateDnsZoneId: zone.id", "privateDnsZoneId: network.id")),
        new("without a scheduler there is no address of one", Options.Workers, d => d.Names(Endpoint), "",
            new("main.bicep", "param network Network?", "param network Network = { addressPrefix: '10.20.0.0/20' }")),
        new("prod's app runs in the network", Options.Prod, d => d.Says(App, "properties.virtualNetworkSubnetId").Split('/')[^1], "functions",
            new("main.bicep", "'${subnets}/functions'", "''")),
        new("the app's subnet is the Flex Consumption plan's to use", Options.Prod, d => d.Says(Network, $"properties.subnets.0.properties.{Delegation}"),
            "Microsoft.App/environments", new(Template, "serviceName: 'Microsoft.App/environments'", "serviceName: 'Microsoft.Web/serverFarms'")),
        new("the subnets don't overlap", Options.Prod,
            d => string.Join(" ", Enumerable.Range(0, 3).Select(n => d.Says(Network, $"properties.subnets.{n}.properties.addressPrefix"))),
            "10.20.0.0/25 10.20.0.128/25 10.20.1.0/25", new(Template, "cidrSubnet(addressPrefix, 25, 1)", "cidrSubnet(addressPrefix, 25, 0)")),
        new("workers run in the network", Options.Full,
            d => $"{d.Says(ResourceTypes.Environment, "properties.vnetConfiguration.infrastructureSubnetId").Split('/')[^1]} {d.Says(ResourceTypes.Environment, "properties.vnetConfiguration.internal")}",
            "workers true", new("main.bicep", "'${subnets}/workers'", "''")),
    ];

    private static string Access(Deployment deployment) =>
        $"{deployment.Says(Account, "properties.publicNetworkAccess")} {deployment.Says(Account, "properties.networkAcls.defaultAction")}";

    // The storage domain depends on the cloud: a zone's name is an expression until it is deployed.
    private static string ServicesOf(Deployment deployment, string type) => string.Join(", ", deployment.All(type).Select(zone =>
        (string)zone["name"]! is var name && name.StartsWith("[format('privatelink.{0}.{1}', '", StringComparison.Ordinal) ? name.Split('\'')[3] : name));
}
