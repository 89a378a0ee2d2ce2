using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>Eight lanes in one 256-bit vector: half a group.</summary>
internal unsafe struct Lanes8 : ILanes<Lanes8>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int ExponentBias = 127;
    private const int MantissaBits = 23;

    private Vector256<float> value;

    public static int Count => 8;

    public static int Registers => 16;

    [MethodImpl(Inline)]
    public static Lanes8 Load(float* from) => new() { value = Vector256.Load(from) };

    [MethodImpl(Inline)]
    public readonly void Store(float* to) => value.Store(to);

    [MethodImpl(Inline)]
    public static Lanes8 Broadcast(float value) => new() { value = Vector256.Create(value) };

    [MethodImpl(Inline)]
    public static Lanes8 operator +(Lanes8 left, Lanes8 right) => new() { value = left.value + right.value };

    [MethodImpl(Inline)]
    public static Lanes8 operator -(Lanes8 left, Lanes8 right) => new() { value = left.value - right.value };

    [MethodImpl(Inline)]
    public static Lanes8 operator *(Lanes8 left, Lanes8 right) => new() { value = left.value * right.value };

    [MethodImpl(Inline)]
    public static Lanes8 operator /(Lanes8 left, Lanes8 right) => new() { value = left.value / right.value };

    [MethodImpl(Inline)]
    public static Lanes8 MultiplyAdd(Lanes8 left, Lanes8 right, Lanes8 addend) =>
        new() { value = Vector256.FusedMultiplyAdd(left.value, right.value, addend.value) };

    [MethodImpl(Inline)]
    public void AddProduct(Lanes8 left, Lanes8 right) => value = Vector256.FusedMultiplyAdd(left.value, right.value, value);

    [MethodImpl(Inline)]
    public static Lanes8 AtLeast(Lanes8 value, Lanes8 floor) =>
        new() { value = Vector256.ConditionalSelect(Vector256.LessThan(value.value, floor.value), floor.value, value.value) };

    [MethodImpl(Inline)]
    public static Lanes8 SquareRoot(Lanes8 value) => new() { value = Vector256.Sqrt(value.value) };

    [MethodImpl(Inline)]
    public static Lanes8 ZeroBelow(Lanes8 least, Lanes8 value) =>
        new() { value = Vector256.AndNot(value.value, Vector256.LessThan(Vector256.Abs(value.value), least.value)) };

    [MethodImpl(Inline)]
    public static Lanes8 PowerOfTwo(Lanes8 exponent) =>
        new() { value = ((Vector256.ConvertToInt32Native(exponent.value) + Vector256.Create(ExponentBias)) << MantissaBits).AsSingle() };

    [MethodImpl(Inline)]
    public static Lanes8 IsGreater(Lanes8 left, Lanes8 right) => new() { value = Vector256.GreaterThan(left.value, right.value) };

    [MethodImpl(Inline)]
    public static Lanes8 IsGreaterOrNaN(Lanes8 left, Lanes8 right) =>
        new() { value = Vector256.GreaterThan(left.value, right.value) | ~Vector256.Equals(left.value, left.value) };

    [MethodImpl(Inline)]
    public static Lanes8 AreEqual(Lanes8 left, Lanes8 right) => new() { value = Vector256.Equals(left.value, right.value) };

    [MethodImpl(Inline)]
    public static Lanes8 Select(Lanes8 mask, Lanes8 whereSet, Lanes8 whereNot) =>
        new() { value = Vector256.ConditionalSelect(mask.value, whereSet.value, whereNot.value) };
}
