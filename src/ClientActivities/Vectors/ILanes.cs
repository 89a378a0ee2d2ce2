namespace FlDurable.ClientActivities.Vectors;

/// <summary>
/// One machine vector of single-precision numbers, a number an image. Every operation is exact to IEEE 754 lane by lane, so that the
/// width of the vector has no influence on any bit. A mask has all bits of a lane set, or none.
/// </summary>
/// <typeparam name="T">The vector itself.</typeparam>
internal unsafe interface ILanes<T>
    where T : struct, ILanes<T>
{
    /// <summary>How many numbers it holds: a divisor of <see cref="LaneGroup.Size"/>.</summary>
    static abstract int Count { get; }

    /// <summary>How many of them the machine has registers for.</summary>
    static abstract int Registers { get; }

    static abstract T Load(float* from);

    void Store(float* to);

    static abstract T Broadcast(float value);

    static abstract T operator +(T left, T right);

    static abstract T operator -(T left, T right);

    static abstract T operator *(T left, T right);

    static abstract T operator /(T left, T right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract T MultiplyAdd(T left, T right, T addend);

    /// <summary>
    /// Adds left · right to this, rounded once: <see cref="MultiplyAdd"/> in place, which the compiler turns into one instruction where the
    /// other may take a second to move the sum.
    /// </summary>
    void AddProduct(T left, T right);

    /// <summary>The larger of a value and a floor; NaN stays NaN.</summary>
    static abstract T AtLeast(T value, T floor);

    static abstract T SquareRoot(T value);

    /// <summary>The value, and zero where its magnitude is below the least; NaN stays NaN.</summary>
    static abstract T ZeroBelow(T least, T value);

    /// <summary>Two to a whole power from −126 to 127.</summary>
    static abstract T PowerOfTwo(T exponent);

    /// <summary>A mask; no lane is set where either is NaN.</summary>
    static abstract T IsGreater(T left, T right);

    /// <summary>A mask of where left is greater, or NaN.</summary>
    static abstract T IsGreaterOrNaN(T left, T right);

    /// <summary>A mask; no lane is set where either is NaN.</summary>
    static abstract T AreEqual(T left, T right);

    static abstract T Select(T mask, T whereSet, T whereNot);
}
