namespace FlDurable.Azurite;

/// <summary>Where the services listen; 0 is any free port.</summary>
internal sealed record AzuritePorts(int Blob, int Queue, int Table);
