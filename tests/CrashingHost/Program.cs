// Runs small federations in state folders of their own, with one cache of data sets:
//   <cache> record <state> <file>    one to its end, and writes every point on its way to a file
//   <cache> die <plan>               many at once, each until the point that the plan has for it, or to its end where it has none. Where
//                                    one has come to its point it stands still; when all have, the process dies
using FlDurable.CrashingHost;

// Who stands still at a point keeps its thread.
ThreadPool.SetMinThreads(workerThreads: 500, completionPortThreads: 1);
return args switch
{
    [var cache, "record", var state, var file] => await Recording.RunAsync(cache, state, file),
    [var cache, "die", var plan] => await Death.RunAsync(cache, plan),
    _ => throw new ArgumentException(string.Join(' ', args)),
};
