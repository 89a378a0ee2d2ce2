using FlDurable.Shared.Notifications;

namespace FlDurable.Shared.Tests.Notifications;

public sealed class NotificationSettingsTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Theory]
    [InlineData(null, null, null, 0)]
    [InlineData("", " ", null, 0)]
    [InlineData(Secret, "10.0.0.0/8, fd00::/8", 24, 2)]
    public void Settings_are_read(string? secret, string? networks, int? bytes, int count)
    {
        var settings = NotificationSettings.Read(name => name == NotificationSettings.SecretName ? secret : networks);
        Assert.Equal((bytes, count), (settings.Secret?.Length, settings.AllowedNetworks.Count));
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa")]
    [InlineData("whsec_not base64")]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void A_secret_that_is_none_is_refused_and_not_shown(string secret)
    {
        var refused = Assert.Throws<NotificationSettingException>(() => NotificationSettings.Read(name => name == NotificationSettings.SecretName ? secret : null));
        Assert.Equal(NotificationSettings.SecretName, refused.Setting);
        Assert.False(secret.Length > "whsec_".Length && refused.Message.Contains(secret, StringComparison.Ordinal), refused.Message);
    }

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("all")]
    public void A_network_that_is_none_is_refused(string networks)
    {
        var refused = Assert.Throws<NotificationSettingException>(() => NotificationSettings.Read(name => name == NotificationSettings.NetworksName ? networks : null));
        Assert.Contains(networks, refused.Message, StringComparison.Ordinal);
    }
}
