using CsCheck;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Attacks;

public sealed class HostileClientsTests
{
    [Fact]
    public void Named_clients_are_hostile_and_nobody_else() =>
        Assert.Equal([0, 7], HostileClients.Of(AttackedSpec.Of("""{"name":"mimic","named":"client-7,client-0"}""")));

    [Fact]
    public void As_many_are_drawn_as_are_asked_for_each_once() => Gen.Select(Gen.Int[2, 200], Gen.Int[1, 199], Gen.Long[0, 1000])
        .Where((clients, hostile, _) => hostile < clients)
        .Sample((clients, hostile, seed) =>
        {
            var drawn = HostileClients.Of(AttackedSpec.Of($$"""{"name":"mimic","clients":{{hostile}}}""", clients, seed));
            Assert.Equal(hostile, drawn.Distinct().Count());
            Assert.Equal(drawn.Order(), drawn);
            Assert.All(drawn, client => Assert.InRange(client, 0, clients - 1));
        }, iter: 200);

    /// <summary>Of 10 clients each is hostile in 3 of 10 federations: 4 σ of 2,000 draws.</summary>
    [Fact]
    public void Each_client_is_drawn_as_often_as_any_other()
    {
        const int federations = 2000;
        var counts = new int[10];
        for (var seed = 0; seed < federations; seed++)
        {
            foreach (var client in HostileClients.Of(AttackedSpec.Of("mimic", seed: seed)))
                counts[client]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 600 - 82, 600 + 82));
    }

    [Theory]
    [InlineData("""{"attack":{"name":"signflip"}}""", "attack.clients", "got neither")]
    [InlineData("""{"attack":"mimic"}""", "attack.clients", "got neither")]
    [InlineData("""{"attack":{"name":"mimic","clients":1,"named":"client-1"}}""", "attack.clients", "got both")]
    [InlineData("""{"attack":{"name":"mimic","clients":10}}""", "attack.clients", "fewer than the 10 clients, got 10")]
    [InlineData("""{"clients":2,"attack":{"name":"mimic","named":"client-1,client-0"}}""", "attack.named", "fewer than the 2 clients, got 2")]
    [InlineData("""{"attack":{"name":"mimic","named":"client-10"}}""", "attack.named", "from client-0 to client-9, got client-10")]
    [InlineData("""{"attack":{"name":"mimic","named":"client-1,client-1"}}""", "attack.named", "names such as")]
    [InlineData("""{"attack":{"name":"mimic","named":"client-01"}}""", "attack.named", "names such as")]
    [InlineData("""{"attack":{"name":"mimic","named":"alice"}}""", "attack.named", "names such as")]
    [InlineData("""{"attack":{"name":"mimic","clients":-1}}""", "attack.clients", "0 to 1000000")]
    [InlineData("""{"attack":{"name":"virus","clients":1}}""", "attack", "one of none, alie, backdoor")]
    [InlineData("""{"attack":{"name":"none","clients":1}}""", "attack.clients", "unknown option")]
    [InlineData("""{"attack":{"name":"labelflip","clients":1,"factor":2}}""", "attack.factor", "unknown option")]
    [InlineData("""{"attack":{"name":"signflip","clients":1,"factor":0}}""", "attack.factor", "above 0")]
    [InlineData("""{"attack":{"name":"gaussian","clients":1,"sigma":0}}""", "attack.sigma", "above 0")]
    [InlineData("""{"attack":{"name":"ipm","clients":1,"tau":-1}}""", "attack.tau", "above 0")]
    [InlineData("""{"attack":{"name":"alie","clients":1,"tau":1e7}}""", "attack.tau", "-1000000 to 1000000")]
    [InlineData("""{"attack":{"name":"backdoor","clients":1,"share":1.5}}""", "attack.share", "above 0 to 1")]
    [InlineData("""{"attack":{"name":"backdoor","clients":1,"size":0}}""", "attack.size", "1 to 4096")]
    [InlineData("""{"attack":{"name":"backdoor","clients":1,"target":256}}""", "attack.target", "0 to 255")]
    public void What_no_attack_can_be_is_refused_with_the_field_and_what_would_be_right(string spec, string field, string words)
    {
        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => AttackedSpec.Read(spec)).Errors);

        Assert.Equal(field, error.Field);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }
}
