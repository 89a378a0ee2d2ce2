using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator.Work;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>The board of a state folder.</summary>
public sealed class SqliteWorkBoardTests : WorkBoardContract, IDisposable
{
    private readonly TestFolder folder = new();
    private readonly WorkDatabase database;

    public SqliteWorkBoardTests()
    {
        database = WorkDatabase.Open(folder["state"]);
        Board = new SqliteWorkBoard(database, Time);
    }

    private protected override IWorkBoard Board { get; }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }
}
