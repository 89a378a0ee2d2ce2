using FlDurable.Shared.Privacy;

namespace FlDurable.Shared.Tests.Privacy;

public sealed class SecretStreamTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SecretStream.KeyLength).Select(index => (byte)index)];

    [Fact]
    public void The_same_key_gives_the_same_numbers_and_another_others()
    {
        var first = Numbers(Key, SecretPurpose.ServerNoise, 1);

        Assert.Equal(first, Numbers(Key, SecretPurpose.ServerNoise, 1));
        byte[] other = [.. Key[..^1], 0];
        double[][] others = [Numbers(other, SecretPurpose.ServerNoise, 1), Numbers(Key, SecretPurpose.CountNoise, 1), Numbers(Key, SecretPurpose.ServerNoise, 2), Numbers(Key, SecretPurpose.ServerNoise, 1, client: 1)];
        Assert.Equal(5 * first.Length, others.Append(first).SelectMany(numbers => numbers).Distinct().Count());
    }

    /// <summary>So that a federation's noise is the same after an update of the program.</summary>
    [Fact]
    public void The_numbers_are_those_of_the_standards()
    {
        using var stream = new SecretStream(Key, SecretPurpose.ServerNoise, round: 3, client: 7);

        var expected = Standard();

        Assert.Equal<double[]>(expected, [stream.NextDouble(), stream.NextDouble(), stream.NextDouble()]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => new SecretStream(new byte[length], SecretPurpose.Selection, 1).Dispose());

    [Fact]
    public void Normal_numbers_pass_a_Kolmogorov_Smirnov_test()
    {
        using var stream = new SecretStream(Key, SecretPurpose.ServerNoise, 1);
        var numbers = Enumerable.Range(0, 100_000).Select(_ => stream.NextNormal()).Order().ToArray();

        Assert.True(KolmogorovSmirnov.Distance(numbers, sigma: 1) < KolmogorovSmirnov.Limit(numbers.Length));
        Assert.False(KolmogorovSmirnov.Distance(numbers, sigma: 1.02) < KolmogorovSmirnov.Limit(numbers.Length));
    }

    /// <summary>AES-256-ECB of the counters 0 and 1 under HMAC-SHA256 of the purpose.</summary>
    private static double[] Standard()
    {
        using var aes = System.Security.Cryptography.Aes.Create();
        aes.Key = System.Security.Cryptography.HMACSHA256.HashData(Key, "fldurable 2 3 7"u8);
        var counters = new byte[32];
        counters[31] = 1;
        var bytes = aes.EncryptEcb(counters, System.Security.Cryptography.PaddingMode.None);
        return [.. Enumerable.Range(0, 3).Select(index => (BitConverter.ToUInt64(bytes, 8 * index) >> 11) / Math.Pow(2, 53))];
    }

    private static double[] Numbers(byte[] key, SecretPurpose purpose, int round, int client = 0)
    {
        using var stream = new SecretStream(key, purpose, round, client);
        return [.. Enumerable.Range(0, 600).Select(_ => stream.NextDouble())];
    }
}
