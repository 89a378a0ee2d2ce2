using FlDurable.Infra.Tests.Claims;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary>What deployments must be, and that a change of the line that makes it so is found out.</summary>
public sealed class ClaimTests(Bicep bicep)
{
    private static readonly Dictionary<string, Claim> Claims = new[]
    {
        StorageClaims.All, FunctionAppClaims.All, RoleClaims.All, NetworkClaims.All, SchedulerClaims.All, WorkerPoolClaims.All, AlertClaims.All,
    }.SelectMany(claims => claims).ToDictionary(claim => claim.What);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> All() => [.. Claims.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_deployment_is_as_it_must_be(string what)
    {
        var claim = Claims[what];

        Assert.Equal(claim.Expected.ReplaceLineEndings("\n"), claim.Says(await bicep.PredictAsync(claim.Options, Cancel)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task It_no_longer_is_when_the_line_is_changed(string what)
    {
        var claim = Claims[what];
        using var templates = new Templates();
        templates.Apply(claim.Broken);

        Assert.NotEqual(claim.Expected.ReplaceLineEndings("\n"), claim.Says(await bicep.PredictAsync(templates, claim.Options, Cancel)));
    }
}
