using System.Text.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>A network of one's own in a JSON file: <c>{"layers":[…]}</c>, as a spec has it.</summary>
internal static class NetworkFile
{
    private const string Field = "network";
    private const int MostBytes = 1 << 20;

    /// <summary>Whether a text names a file, not a network that the host has.</summary>
    public static bool IsName(string text) => text.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes the file's object.</summary>
    /// <exception cref="InvalidSpecException">The file can't be read, or is no JSON object.</exception>
    public static void Write(Utf8JsonWriter json, string path)
    {
        try
        {
            using var document = SpecDocument.Parse(Read(path));
            json.WriteRawValue(document.RootElement.GetRawText(), skipInputValidation: true); // half a surrogate pair, whoever reads it refuses
        }
        catch (InvalidSpecException exception)
        {
            throw new InvalidSpecException([.. exception.Errors.Select(error => new SpecError(Field, $"'{path}': {error.Message}"))]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidSpecException([new SpecError(Field, $"'{path}' can't be read: {InputFile.Describe(exception, path)}")]);
        }
    }

    private static byte[] Read(string path)
    {
        if (Directory.Exists(path))
            throw Refused($"it is a folder; expected a file with {NetworkField.LayersName}");
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!file.CanSeek || file.Length > MostBytes)
            throw Refused($"expected a file of at most {MostBytes} bytes");
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private static InvalidSpecException Refused(string reason) => new([new SpecError(Field, reason)]);
}
