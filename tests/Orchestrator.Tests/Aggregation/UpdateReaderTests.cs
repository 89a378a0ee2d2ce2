using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class UpdateReaderTests
{
    private static readonly ParameterLayout Layout = new([("a", [2]), ("b", [1])]);

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task Memory_that_is_used_again_has_nothing_of_the_update_before()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var reader = new UpdateReader(federation.Store, Layout);
        var first = await federation.PutUpdateAsync("client-0", Safetensors.Write(new ModelParameters(Layout, [1, 2, 3])));
        var second = await federation.PutUpdateAsync("client-1", Safetensors.Write(new ModelParameters(Layout, [4, 5, 6])));

        var (one, isAsWritten) = await reader.ReadAsync(first, Cancel);
        Assert.True(isAsWritten);
        Assert.Equal([1, 2, 3], one.Values.ToArray());
        var (other, _) = await reader.ReadAsync(second, Cancel);
        Assert.Equal([1, 2, 3], one.Values.ToArray());
        reader.GiveBack(one);
        var (again, _) = await reader.ReadAsync(first, Cancel);

        Assert.Same(one, again);
        Assert.Equal([4, 5, 6], other.Values.ToArray());
        Assert.Equal([1, 2, 3], again.Values.ToArray());
    }

    [Fact]
    public async Task An_update_whose_tensors_lie_elsewhere_is_read_all_the_same_and_told()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var turned = new ParameterLayout([("b", [1]), ("a", [2])]);
        var reference = await federation.PutUpdateAsync("client-0", Safetensors.Write(new ModelParameters(turned, [3, 1, 2])));

        var (update, isAsWritten) = await new UpdateReader(federation.Store, Layout).ReadAsync(reference, Cancel);

        Assert.False(isAsWritten);
        Assert.Equal([1, 2, 3], update.Values.ToArray());
    }

    [Fact]
    public async Task What_has_other_tensors_is_refused()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var reader = new UpdateReader(federation.Store, Layout);
        foreach (var other in (ParameterLayout[])[new([("a", [2]), ("c", [1])]), new([("a", [2])]), new([("a", [2]), ("b", [2_000_000])])])
        {
            var reference = await federation.PutUpdateAsync($"client-{other.Length}", Safetensors.Write(new ModelParameters(other)));
            await Assert.ThrowsAsync<SafetensorsException>(() => reader.ReadAsync(reference, Cancel));
        }
    }

    [Fact]
    public async Task What_is_damaged_is_never_read()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var written = await federation.PutUpdateAsync("client-0", Safetensors.Write(new ModelParameters(Layout)));

        await Assert.ThrowsAsync<ArtifactCorruptException>(
            () => new UpdateReader(federation.Store, Layout).ReadAsync(written with { Sha256 = new string('0', 64) }, Cancel));
    }
}
