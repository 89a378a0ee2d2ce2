namespace FlDurable.Shared.Parameters;

/// <summary>Bytes that are no safetensors file, or not one of the expected tensors.</summary>
public sealed class SafetensorsException(string message, Exception? innerException = null) : Exception(message, innerException);
