using FlDurable.LocalHost.CommandLine;
using FlDurable.Shared.Notifications;

namespace FlDurable.LocalHost.Hosting;

/// <summary>How this machine tells others that federations are over.</summary>
internal static class HostNotifications
{
    /// <summary>As the environment has it: a command line can be read by every user of a machine.</summary>
    /// <exception cref="UsageException">It isn't understood.</exception>
    public static NotificationSettings Read()
    {
        try
        {
            return NotificationSettings.Read(Environment.GetEnvironmentVariable);
        }
        catch (NotificationSettingException exception)
        {
            throw new UsageException(exception.Message, exception);
        }
    }
}
