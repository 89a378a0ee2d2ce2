using FlDurable.Shared.Notifications;
using Microsoft.Extensions.Configuration;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>How the app tells others that federations are over.</summary>
internal static class NotificationsOfTheApp
{
    /// <summary>As the app's settings have it.</summary>
    /// <exception cref="AppSettingException">One isn't understood.</exception>
    public static NotificationSettings Read(IConfiguration settings)
    {
        try
        {
            return NotificationSettings.Read(name => settings[name]);
        }
        catch (NotificationSettingException exception)
        {
            throw new AppSettingException(exception.Setting, exception.Reason);
        }
    }
}
