using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>Sixteen lanes in one 512-bit vector: a whole group.</summary>
internal unsafe struct Lanes16 : ILanes<Lanes16>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int ExponentBias = 127;
    private const int MantissaBits = 23;

    private Vector512<float> value;

    public static int Count => 16;

    public static int Registers => 32;

    [MethodImpl(Inline)]
    public static Lanes16 Load(float* from) => new() { value = Vector512.Load(from) };

    [MethodImpl(Inline)]
    public readonly void Store(float* to) => value.Store(to);

    [MethodImpl(Inline)]
    public static Lanes16 Broadcast(float value) => new() { value = Vector512.Create(value) };

    [MethodImpl(Inline)]
    public static Lanes16 operator +(Lanes16 left, Lanes16 right) => new() { value = left.value + right.value };

    [MethodImpl(Inline)]
    public static Lanes16 operator -(Lanes16 left, Lanes16 right) => new() { value = left.value - right.value };

    [MethodImpl(Inline)]
    public static Lanes16 operator *(Lanes16 left, Lanes16 right) => new() { value = left.value * right.value };

    [MethodImpl(Inline)]
    public static Lanes16 operator /(Lanes16 left, Lanes16 right) => new() { value = left.value / right.value };

    [MethodImpl(Inline)]
    public static Lanes16 MultiplyAdd(Lanes16 left, Lanes16 right, Lanes16 addend) =>
        new() { value = Vector512.FusedMultiplyAdd(left.value, right.value, addend.value) };

    [MethodImpl(Inline)]
    public void AddProduct(Lanes16 left, Lanes16 right) => value = Vector512.FusedMultiplyAdd(left.value, right.value, value);

    [MethodImpl(Inline)]
    public static Lanes16 AtLeast(Lanes16 value, Lanes16 floor) =>
        new() { value = Vector512.ConditionalSelect(Vector512.LessThan(value.value, floor.value), floor.value, value.value) };

    [MethodImpl(Inline)]
    public static Lanes16 SquareRoot(Lanes16 value) => new() { value = Vector512.Sqrt(value.value) };

    [MethodImpl(Inline)]
    public static Lanes16 ZeroBelow(Lanes16 least, Lanes16 value) =>
        new() { value = Vector512.AndNot(value.value, Vector512.LessThan(Vector512.Abs(value.value), least.value)) };

    [MethodImpl(Inline)]
    public static Lanes16 PowerOfTwo(Lanes16 exponent) =>
        new() { value = ((Vector512.ConvertToInt32Native(exponent.value) + Vector512.Create(ExponentBias)) << MantissaBits).AsSingle() };

    [MethodImpl(Inline)]
    public static Lanes16 IsGreater(Lanes16 left, Lanes16 right) => new() { value = Vector512.GreaterThan(left.value, right.value) };

    [MethodImpl(Inline)]
    public static Lanes16 IsGreaterOrNaN(Lanes16 left, Lanes16 right) =>
        new() { value = Vector512.GreaterThan(left.value, right.value) | ~Vector512.Equals(left.value, left.value) };

    [MethodImpl(Inline)]
    public static Lanes16 AreEqual(Lanes16 left, Lanes16 right) => new() { value = Vector512.Equals(left.value, right.value) };

    [MethodImpl(Inline)]
    public static Lanes16 Select(Lanes16 mask, Lanes16 whereSet, Lanes16 whereNot) =>
        new() { value = Vector512.ConditionalSelect(mask.value, whereSet.value, whereNot.value) };
}
