using FlDurable.LocalHost.Hosting;

namespace FlDurable.LocalHost.Tests.Hosting;

public sealed class OneVersionTests
{
    [Fact]
    public void A_program_with_packages_of_one_version_runs() => Assert.Null(OneVersion.WhyNot(OwnParts.Host().Services));

    [Fact]
    public void One_of_another_version_is_named() => Assert.StartsWith(
        "FlDurable.Shared 0.2.0 is beside fldurable 0.1.0: expected all FlDurable packages of a program in one version",
        OneVersion.WhyNot([("fldurable", "0.1.0"), ("FlDurable.Api", "0.1.0"), ("FlDurable.Shared", "0.2.0")]), StringComparison.Ordinal);
}
