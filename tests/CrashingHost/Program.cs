// Runs small federations in state folders of their own, with one cache of data sets:
//   <cache> record <state> <file> <federation>    one to its end, and writes every point on its way to a file
//   <cache> die <plan> <federation>               many at once, each until the point that the plan has for it, or to its end where it has none. Where
//                                    one has come to its point it stands still; when all have, the process dies
//   <cache> host <state> <activity> <how>        one to its end, or until the activity does to its process what is said; where a process
//                                                has died twice by it, in a process of its own:
//   <cache> activity <state> <activity> <how>    one activity that a host asks for
using FlDurable.CrashingHost;

// Who stands still at a point keeps its thread, and those of its federation that come to another wait for it.
ThreadPool.SetMinThreads(workerThreads: 2_000, completionPortThreads: 1);
return args switch
{
    [var cache, "record", var state, var file, var federation] => await Recording.RunAsync(cache, state, file, federation),
    [var cache, "die", var plan, var federation] => await Death.RunAsync(cache, plan, federation),
    [var cache, "host", var state, var activity, var how] => await KillerHost.RunAsync(cache, state, new Killer(activity, how)),
    [var cache, "activity", var state, var activity, var how] => await KillerHost.RunActivityAsync(cache, state, new Killer(activity, how)),
    _ => throw new ArgumentException(string.Join(' ', args)),
};
