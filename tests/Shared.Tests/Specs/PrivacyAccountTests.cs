using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Specs;

public sealed class PrivacyAccountTests
{
    private static readonly FederationSpec Spec = new() { Clients = 100, FractionFit = 0.1, Rounds = 1000, Privacy = new PrivacyOptions(1, Clip: 1, Delta: 1e-3) };

    [Fact]
    public void Before_the_first_round_nothing_is_spent() => Assert.Equal(0, PrivacyAccount.Epsilon(Spec, null, 0));

    /// <summary>A hundred rounds of these come to 5.6405 (docs/privacy.md's source has it).</summary>
    [Fact]
    public void Rounds_add_up() => Assert.Equal(5.640520841629905, PrivacyAccount.Epsilon(Spec, null, 100), 1e-8);

    [Fact]
    public void At_the_client_nothing_is_sampled_and_an_update_can_turn_round() =>
        Assert.Equal(new PrivacySpending(1, 0.5, 3), PrivacyAccount.Of(Spec with { Privacy = Spec.Privacy! with { At = PrivacyOptions.Client } }, 3));

    [Fact]
    public void What_was_spent_before_counts() =>
        Assert.Equal(PrivacyAccount.Epsilon(Spec, null, 100), PrivacyAccount.Epsilon(Spec, [new(0.1, 1, 60)], 40), 1e-12);
}
