using System.Globalization;
using System.Text.Json.Serialization;

namespace FlDurable.Shared.Specs;

/// <summary>
/// How a federation hides what a single client has: its update is clipped, and Gaussian noise is added, by the server to the mean or by each
/// client to its own update (McMahan, Ramage, Talwar and Zhang, "Learning Differentially Private Recurrent Language Models", ICLR 2018).
/// </summary>
/// <param name="NoiseMultiplier">z: the noise's standard deviation in clips; 0 is no noise, and no privacy.</param>
/// <param name="At">Where: <see cref="Server"/> or <see cref="Client"/>.</param>
/// <param name="Clipping">Whether the clip stays (<see cref="Fixed"/>) or follows the updates' norms (<see cref="Adaptive"/>).</param>
/// <param name="Clip">C, the largest norm of an update; with adaptive clipping, before the first round, <see cref="UsualFirstClip"/> where it is null.</param>
/// <param name="Delta">δ.</param>
/// <param name="MaxEpsilon">The federation ends before its ε passes it; null for no such end.</param>
/// <param name="Quantile">With adaptive clipping, the share of updates that are to be within C.</param>
/// <param name="ClipRate">With adaptive clipping, how fast C follows.</param>
/// <param name="CountNoise">With adaptive clipping, the standard deviation of the noise on how many are; null for a 20th of the expected cohort.</param>
public sealed record PrivacyOptions(
    double NoiseMultiplier, string At = PrivacyOptions.Server, string Clipping = PrivacyOptions.Fixed, double? Clip = null, double Delta = PrivacyOptions.UsualDelta,
    double? MaxEpsilon = null, double Quantile = PrivacyOptions.UsualQuantile, double ClipRate = PrivacyOptions.UsualClipRate, double? CountNoise = null)
{
    /// <summary>The server clips updates and adds noise to their mean.</summary>
    public const string Server = "server";

    /// <summary>Each client clips its update and adds noise to it before it leaves.</summary>
    public const string Client = "client";

    /// <summary>C stays.</summary>
    public const string Fixed = "fixed";

    /// <summary>C follows a quantile of the updates' norms.</summary>
    public const string Adaptive = "adaptive";

    /// <summary>δ where none is given.</summary>
    public const double UsualDelta = 1e-5;

    /// <summary>The quantile where none is given (Andrew et al. 2021).</summary>
    public const double UsualQuantile = 0.5;

    /// <summary>The rate where none is given (Andrew et al. 2021).</summary>
    public const double UsualClipRate = 0.2;

    /// <summary>C before the first round where none is given (Andrew et al. 2021).</summary>
    public const double UsualFirstClip = 0.1;

    private const double UsualCountShare = 20;

    /// <summary>Whether the server adds the noise.</summary>
    [JsonIgnore]
    public bool IsAtServer => At == Server;

    /// <summary>Whether C follows the updates' norms.</summary>
    [JsonIgnore]
    public bool IsAdaptive => Clipping == Adaptive;

    /// <summary>C before the first round.</summary>
    [JsonIgnore]
    public double FirstClip => Clip ?? UsualFirstClip;

    /// <summary>σ_b, the noise on how many updates are within C.</summary>
    /// <param name="expected">The expected cohort.</param>
    public double CountSigma(double expected) => CountNoise ?? (expected / UsualCountShare);

    /// <summary>
    /// z', the noise on the updates: with adaptive clipping, where the count of those within C is noised too, more than z, so that z is what both
    /// come to together: z' = (z⁻² − (2σ_b)⁻²)^(−1/2) (Andrew et al. 2021), since a client moves the count, taken from its middle, by a half.
    /// </summary>
    /// <param name="expected">The expected cohort.</param>
    public double UpdateMultiplier(double expected)
    {
        if (!IsAdaptive || NoiseMultiplier == 0)
            return NoiseMultiplier;
        var count = 2 * CountSigma(expected);
        return 1 / Math.Sqrt((1 / (NoiseMultiplier * NoiseMultiplier)) - (1 / (count * count)));
    }

    /// <summary>As a person writes it on a command line: <c>clip=1,noiseMultiplier=0.5</c>.</summary>
    public override string ToString()
    {
        var parts = new List<string> { $"{PrivacyField.AtName}={At}", $"{PrivacyField.ClippingName}={Clipping}" };
        Add(PrivacyField.ClipName, Clip);
        Add(PrivacyField.NoiseMultiplierName, NoiseMultiplier);
        Add(PrivacyField.DeltaName, Delta);
        Add(PrivacyField.MaxEpsilonName, MaxEpsilon);
        if (IsAdaptive)
        {
            Add(PrivacyField.QuantileName, Quantile);
            Add(PrivacyField.ClipRateName, ClipRate);
            Add(PrivacyField.CountNoiseName, CountNoise);
        }

        return string.Join(',', parts);

        void Add(string name, double? value)
        {
            if (value is { } number)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={number}"));
        }
    }
}
