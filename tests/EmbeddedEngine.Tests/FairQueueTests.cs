using FlDurable.EmbeddedEngine.Activities;

namespace FlDurable.EmbeddedEngine.Tests;

public sealed class FairQueueTests
{
    private readonly FairQueue queue = new();

    [Fact]
    public void Families_take_turns_however_much_one_of_them_has()
    {
        for (var task = 0; task < 4; task++)
            queue.Add(Work(root: 1, task));
        queue.Add(Work(root: 2, task: 10));
        queue.Add(Work(root: 2, task: 11));
        queue.Add(Work(root: 3, task: 20));

        Assert.Equal((int?[])[0, 10, 20, 1, 11, 2, 3, null], Enumerable.Range(0, 8).Select(_ => queue.TryTake()?.Task));
    }

    [Fact]
    public void A_suspect_comes_first_and_runs_alone()
    {
        queue.Add(Work(root: 1, task: 0));
        queue.AddSuspect(Work(root: 2, task: 10));
        queue.AddSuspect(Work(root: 2, task: 11));

        Assert.Equal((10, null), (queue.TryTake()?.Task, queue.TryTake()));
        queue.Finish();
        Assert.Equal((11, null), (queue.TryTake()?.Task, queue.TryTake()));
        queue.Finish();
        Assert.Equal(0, queue.TryTake()?.Task);
    }

    [Fact]
    public void A_suspect_waits_until_nothing_else_runs()
    {
        queue.Add(Work(root: 1, task: 0));
        Assert.Equal(0, queue.TryTake()?.Task);
        queue.Add(Work(root: 1, task: 1));
        queue.AddSuspect(Work(root: 2, task: 10));

        Assert.Null(queue.TryTake());
        queue.Finish();
        Assert.Equal(10, queue.TryTake()?.Task);
    }

    private static ActivityWork Work(long root, int task)
    {
        var instance = new Instance
        {
            Key = root,
            Id = $"{root}",
            Orchestrator = "Main",
            Version = "1",
            Root = root,
            RootId = $"{root}",
            Parent = null,
            CreatedAt = default,
            UpdatedAt = default,
        };
        return new ActivityWork(instance, instance.Execution, task, "Echo", "0");
    }
}
