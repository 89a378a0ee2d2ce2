using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>What the built program draws where no font is installed, as in a container.</summary>
public sealed class FontTests : IDisposable
{
    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Without_system_fonts_a_picture_has_the_same_bytes()
    {
        var run = await folders.RunAsync("run", "--id", "drawn", "--data", "synthetic:train=400,test=50", "--network", "mlp", "--clients", "4", "--rounds", "1");
        Assert.Equal(0, run.ExitCode);
        await File.WriteAllTextAsync(folders["none.conf"], "<fontconfig></fontconfig>", TestContext.Current.CancellationToken);

        foreach (var name in (string[])["plot.svg", "plot.png"])
        {
            var usual = await folders.RunAsync("plot", "drawn", "--out", folders[name]);
            var withoutFonts = await folders.RunInShellAsync($"export FONTCONFIG_FILE='{folders["none.conf"]}' FONTCONFIG_PATH=/nowhere; exec \"$@\"", "plot", "drawn", "--out", folders[$"without-{name}"]);

            Assert.Equal((0, 0), (usual.ExitCode, withoutFonts.ExitCode));
            Assert.Equal(await File.ReadAllBytesAsync(folders[name], TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(folders[$"without-{name}"], TestContext.Current.CancellationToken));
        }
    }
}
