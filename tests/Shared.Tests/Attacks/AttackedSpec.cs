using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Attacks;

/// <summary>Specs with hostile clients.</summary>
internal static class AttackedSpec
{
    private static readonly SpecReader Reader = new(Registered.Table());

    /// <summary>With an attack: its name, or an object with one, in which three clients are hostile unless it says how many.</summary>
    public static FederationSpec Of(string attack, int clients = 10, long seed = 42)
    {
        var choice = attack.StartsWith('{') ? JsonNode.Parse(attack)!.AsObject() : new JsonObject { ["name"] = attack };
        if (!choice.ContainsKey("clients") && !choice.ContainsKey("named"))
            choice["clients"] = 3;
        return Read(new JsonObject { ["clients"] = clients, ["seed"] = seed, ["attack"] = choice }.ToJsonString());
    }

    public static FederationSpec Read(string json) => Reader.Read(Encoding.UTF8.GetBytes(json)).Spec;
}
