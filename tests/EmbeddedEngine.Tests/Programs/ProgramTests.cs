using CsCheck;

namespace FlDurable.EmbeddedEngine.Tests.Programs;

/// <summary>Whatever a program does and wherever the engine dies, the outcome is that of an undisturbed run.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task A_program_ends_as_its_plain_interpretation_says() =>
        await ProgramGen.Executions.SampleAsync(executions => EndsAsItShouldAsync(executions, _ => false), iter: 100);

    [Fact]
    public async Task A_program_ends_the_same_when_the_engine_dies_after_every_commit() =>
        await ProgramGen.Executions.SampleAsync(
            executions => EndsAsItShouldAsync(executions, point => point == "engine/after-commit"), iter: 30, threads: 1);

    [Fact]
    public async Task A_program_ends_the_same_when_the_engine_dies_before_and_after_commits_at_random() =>
        await Gen.Select(ProgramGen.Executions, Gen.Int[0, 1_000_000]).SampleAsync(
            (executions, seed) =>
            {
                var random = new Random(seed);
                return EndsAsItShouldAsync(executions, _ => random.Next(3) == 0);
            },
            iter: 30, threads: 1);

    private static async Task<bool> EndsAsItShouldAsync(IReadOnlyList<Step> executions, Func<string, bool> crashesAt)
    {
        using var run = new ProgramRun(executions, crashesAt);
        Assert.Equal(ProgramInterpreter.Run(executions), await run.ToEndAsync());
        return true;
    }
}
