using System.Net;

namespace FlDurable.Shared.Notifications;

/// <summary>How a host tells others that federations are over, and whom it may.</summary>
/// <remarks>The secret is as Standard Webhooks has it: <c>whsec_</c> and the base64 of 24 to 64 bytes.</remarks>
public sealed class NotificationSettings
{
    /// <summary>The name of the setting, in the environment or among an app's, that has the secret.</summary>
    public const string SecretName = "FLDURABLE_WEBHOOK_SECRET";

    /// <summary>The name of the setting that lists networks which may be called though they are nobody's but the host's.</summary>
    public const string NetworksName = "FLDURABLE_WEBHOOK_NETWORKS";

    private const string Prefix = "whsec_";
    private const int LeastBytes = 24;
    private const int MostBytes = 64;

    private NotificationSettings(byte[]? secret, IReadOnlyList<IPNetwork> networks)
    {
        Secret = secret;
        AllowedNetworks = networks;
    }

    /// <summary>Those of a host that tells nobody.</summary>
    public static NotificationSettings None { get; } = new(secret: null, networks: []);

    /// <summary>What is signed with; null where the host tells nobody.</summary>
    public byte[]? Secret { get; }

    /// <summary>The networks that may be called though they are not public.</summary>
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; }

    /// <summary>Reads them.</summary>
    /// <param name="setting">Looks a setting up; null where it isn't set.</param>
    /// <exception cref="NotificationSettingException">One isn't understood.</exception>
    public static NotificationSettings Read(Func<string, string?> setting) => new(ReadSecret(setting(SecretName)), ReadNetworks(setting(NetworksName)));

    private static byte[]? ReadSecret(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var secret = new byte[MostBytes];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Prefix.Length..], secret, out var length) && length >= LeastBytes
            ? secret[..length]
            : throw new NotificationSettingException(SecretName, $"expected {Prefix} and the base64 of {LeastBytes} to {MostBytes} bytes");
    }

    private static List<IPNetwork> ReadNetworks(string? text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            networks.Add(IPNetwork.TryParse(part, out var network)
                ? network
                : throw new NotificationSettingException(NetworksName, $"'{part}' is no network: expected some such as 10.1.0.0/16, with commas between them"));
        }

        return networks;
    }
}

/// <summary>A setting of notifications isn't understood.</summary>
/// <param name="setting">Its name.</param>
/// <param name="reason">What was expected, without the secret.</param>
public sealed class NotificationSettingException(string setting, string reason) : Exception($"{setting}: {reason}")
{
    /// <summary>The setting's name.</summary>
    public string Setting { get; } = setting;

    /// <summary>What was expected.</summary>
    public string Reason { get; } = reason;
}
