using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace FlDurable.FunctionApp.Tests;

/// <summary>What xunit would generate, under a name that can be chosen: the app's sources bring a Main too.</summary>
internal static class TestProgram
{
    public static Task<int> Main(string[] args) => args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        ? TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
        : ConsoleRunner.Run(args);
}
