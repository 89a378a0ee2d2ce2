using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.LocalHost.Run;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class TimedEngineTests
{
    [Fact]
    public async Task Engines_are_timed_however_they_were_added()
    {
        await using var services = new ServiceCollection()
            .AddLanesEngine()
            .AddSingleton<ITrainingEngine>(new LanesTrainingEngine())
            .AddSingleton<ITrainingEngine>(_ => new LanesTrainingEngine())
            .TimeEngines(new RunTimings())
            .BuildServiceProvider();

        var engines = services.GetServices<ITrainingEngine>().ToList();

        Assert.Equal(3, engines.Count);
        Assert.All(engines, engine => Assert.IsType<TimedEngine>(engine));
    }
}
