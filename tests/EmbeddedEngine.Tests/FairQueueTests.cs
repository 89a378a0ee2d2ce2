using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Instances;

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
    public void An_older_instance_of_a_family_comes_first_so_that_it_ends_first()
    {
        foreach (var child in new[] { 3, 2, 4 })
        {
            queue.Add(Work(root: 1, task: 0, child));
            queue.Add(Work(root: 1, task: 1, child));
        }

        Assert.Equal((2, 0), Taken());
        queue.Add(Work(root: 1, task: 2, child: 2));
        Assert.Equal((2, 1), Taken());
        Assert.Equal((2, 2), Taken());
        Assert.Equal((3, 0), Taken());
        queue.Add(Work(root: 1, task: 0));
        Assert.Equal((1, 0), Taken());

        (long, int)? Taken() => queue.TryTake() is { } work ? (work.Instance.Key, work.Task) : null;
    }

    [Fact]
    public void What_an_instance_asked_for_last_comes_first_so_that_what_it_has_is_not_held_up_by_what_it_can_do_without()
    {
        queue.Add(Work(root: 1, task: 0, turn: 1));
        queue.Add(Work(root: 1, task: 1, turn: 1));
        queue.Add(Work(root: 1, task: 2, turn: 2));

        Assert.Equal((int?[])[2, 0, 1], Enumerable.Range(0, 3).Select(_ => queue.TryTake()?.Task));
    }

    private static ActivityWork Work(long root, int task, long? child = null, int turn = 1)
    {
        var instance = new Instance
        {
            Key = child ?? root,
            Id = $"{child ?? root}",
            Orchestrator = "Main",
            Version = "1",
            Root = root,
            RootId = $"{root}",
            Parent = null,
            CreatedAt = default,
            UpdatedAt = default,
        };
        return new ActivityWork(instance, instance.Execution, task, turn, "Echo", "0");
    }
}
