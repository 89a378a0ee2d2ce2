namespace FlDurable.Shared.Parameters;

/// <summary>A tensor as a file has it: its values one after another, in the order of its dimensions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dtype">Its type as safetensors name it: F32, BF16, I64.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Content">Its values, little-endian.</param>
internal sealed record StoredTensor(string Name, string Dtype, IReadOnlyList<int> Shape, ReadOnlyMemory<byte> Content);
