namespace FlDurable.FunctionApp.Hosting;

/// <summary>An app setting is missing or isn't understood: the app does not start.</summary>
/// <param name="setting">Its name.</param>
/// <param name="reason">What is wrong with it and what was expected, without its value, which may hold a key.</param>
internal sealed class AppSettingException(string setting, string reason) : Exception($"app setting {setting}: {reason}");
