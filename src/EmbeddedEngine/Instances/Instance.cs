using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Turns;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine.Instances;

/// <summary>An instance that is not over, as the engine has it in memory; on the engine's thread alone.</summary>
internal sealed class Instance
{
    /// <summary>Its number in the order in which instances were started.</summary>
    public required long Key { get; init; }

    public required string Id { get; init; }

    public required string Orchestrator { get; init; }

    /// <summary>The version of the orchestrations that its execution belongs to.</summary>
    public required string Version { get; set; }

    /// <summary>The key of the instance at the top of its family; activities are shared out fairly among these.</summary>
    public required long Root { get; init; }

    /// <summary>The id of the instance at the top.</summary>
    public required string RootId { get; init; }

    /// <summary>Who waits for it; null for one that a host started.</summary>
    public required ParentTask? Parent { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required DateTime UpdatedAt { get; set; }

    public OrchestrationRuntimeStatus Status { get; set; } = OrchestrationRuntimeStatus.Pending;

    public string? CustomStatus { get; set; }

    public string? Output { get; set; }

    public string? Failure { get; set; }

    public InstanceHistory History { get; private set; } = new();

    /// <summary>The running execution; its work carries this, so that what comes late is known for it.</summary>
    public Execution Execution { get; private set; } = new(0);

    /// <summary>The code where its history has brought it; null when it must be replayed first.</summary>
    public OrchestrationExecution? Code { get; set; }

    /// <summary>What is wrong with the history that the database has of it; null if nothing is known to be.</summary>
    public string? Damage { get; set; }

    /// <summary>Whether its code has not followed yet what the database had of it.</summary>
    public bool IsUntried { get; private set; }

    /// <summary>Whether it waits for its turn.</summary>
    public bool IsReady { get; set; }

    /// <summary>Completes once it is committed that the instance is over.</summary>
    public TaskCompletionSource Over { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Notes that its history comes from the database.</summary>
    public void WasLoaded() => IsUntried = true;

    /// <summary>Notes that its code has followed the history.</summary>
    public void WasFollowed() => IsUntried = false;

    /// <summary>Forgets one execution and begins the next.</summary>
    public void BeginExecution(int number)
    {
        Execution.IsOver = true;
        Execution = new Execution(number);
        History = new InstanceHistory();
        Code = null;
    }
}

/// <summary>One execution of an instance: from its start, or from one ContinueAsNew, to the next.</summary>
/// <param name="number">How often the instance had continued as new.</param>
internal sealed class Execution(int number)
{
    private volatile bool isOver;

    public int Number { get; } = number;

    /// <summary>Whether nothing that it has asked for matters any more.</summary>
    public bool IsOver
    {
        get => isOver;
        set => isOver = value;
    }
}

/// <summary>The task of a parent that a child finishes.</summary>
internal sealed record ParentTask(long Key, int Execution, int Task);
