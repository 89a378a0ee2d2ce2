namespace FlDurable.ClientActivities;

/// <summary>A training engine that computes in the memory of a device, and not in the machine's own.</summary>
public interface IDeviceMemory
{
    /// <summary>How many bytes of the device's memory are in use, by this process and all others.</summary>
    /// <returns>Null while nothing was computed on a device, or where that does not say.</returns>
    long? FindUsedBytes();
}
