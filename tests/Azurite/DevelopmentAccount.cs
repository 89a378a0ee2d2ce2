namespace FlDurable.Azurite;

/// <summary>The one account that every Azurite has. Its key is public.</summary>
internal static class DevelopmentAccount
{
    private const string Name = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    public static string ConnectionString(string host, AzuritePorts ports) =>
        $"DefaultEndpointsProtocol=http;AccountName={Name};AccountKey={Key};BlobEndpoint=http://{host}:{ports.Blob}/{Name};"
        + $"QueueEndpoint=http://{host}:{ports.Queue}/{Name};TableEndpoint=http://{host}:{ports.Table}/{Name};";
}
