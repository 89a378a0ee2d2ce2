namespace FlDurable.Shared.Parameters;

/// <summary>
/// What SCAFFOLD's server and clients know of each other's gradients: the server's c in what the strategy keeps, in double precision, and each
/// client's own c_k, which has the network's layout. Both are zero before a client's first round, and stay so for what no optimizer changes.
/// </summary>
public static class ControlVariates
{
    /// <summary>The server's, in what the strategy keeps; what stands there before the parameters' names.</summary>
    public const string OfServer = "control";

    /// <summary>How what such a strategy keeps is laid out.</summary>
    public static ParameterLayout LayoutOfServer(ParameterLayout parameters) =>
        new(parameters.Tensors.Select(slot => ($"{OfServer}.{slot.Name}", slot.Shape)));
}
