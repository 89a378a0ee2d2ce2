using FlDurable.Durable.Conformance;

namespace FlDurable.DurableTask.Tests.Conformance;

/// <summary>All engines by one suite, in real time.</summary>
public sealed class ConformanceTests(ConformanceRun run) : IClassFixture<ConformanceRun>
{
    public static MatrixTheoryData<string, string> Cases => new(EnginesUnderTest.Names, ConformanceSuite.Cases.Select(each => each.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_engine_conforms(string engine, string name) => Assert.Null(run.Failure(engine, name));
}
