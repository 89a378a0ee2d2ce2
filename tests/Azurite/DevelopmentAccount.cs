namespace FlDurable.Azurite;

/// <summary>An account of an emulator. Its key is public.</summary>
internal sealed record DevelopmentAccount(string Name, string Key)
{
    /// <summary>The one that every Azurite has.</summary>
    public static readonly DevelopmentAccount Own = new(
        "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==");

    /// <summary>Another organisation's.</summary>
    public static readonly DevelopmentAccount Another = new("another", "YW5vdGhlciBvcmdhbmlzYXRpb24ncyBrZXk=");

    /// <summary>What makes Azurite have both.</summary>
    public static (string Variable, string Value) Environment => ("AZURITE_ACCOUNTS", $"{Own.Name}:{Own.Key};{Another.Name}:{Another.Key}");

    public string ConnectionString(string host, AzuritePorts ports) =>
        $"DefaultEndpointsProtocol=http;AccountName={Name};AccountKey={Key};BlobEndpoint=http://{host}:{ports.Blob}/{Name};"
        + $"QueueEndpoint=http://{host}:{ports.Queue}/{Name};TableEndpoint=http://{host}:{ports.Table}/{Name};";
}
