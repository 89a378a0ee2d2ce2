using FlDurable.Samples;

// dotnet run -c Release --project samples -- own-strategy --rounds 10
Dictionary<string, Func<string[], Task<int>>> samples = new(StringComparer.Ordinal)
{
    ["initial-parameters"] = InitialParameters.RunAsync,
    ["server-evaluation"] = ServerEvaluation.RunAsync,
    ["values-by-round"] = ValuesByRound.RunAsync,
    ["thousand-clients"] = ThousandClients.RunAsync,
    ["own-strategy"] = OwnStrategy.RunAsync,
    ["best-checkpoint"] = BestCheckpoint.RunAsync,
    ["early-stopping"] = EarlyStopping.RunAsync,
};
if (args is [var name, .. var options] && samples.TryGetValue(name, out var run))
    return await run(options);
await Console.Error.WriteLineAsync($"expected a sample, then options of run: {string.Join(", ", samples.Keys)}");
return 2;
