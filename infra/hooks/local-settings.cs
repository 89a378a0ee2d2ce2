// Run by azd after it has provisioned (azure.yaml): writes local.settings.json, with which `func start` runs the Function app on this machine
// with the artifacts of what was provisioned, opened by the identity that `az login` or `azd auth login` signed in. What the Functions host
// and Durable Functions keep stays on this machine, in Azurite: on the deployed app's task hub the two would take each other's work.
//
// A file that is there is never changed: what somebody wrote by hand is theirs.
using System.Text.Json;
using System.Text.Json.Nodes;

const string Settings = "local.settings.json";
const string Storage = "FLDURABLE_STORAGE";

// azd hands a deployment's outputs to hooks as environment variables.
if (Environment.GetEnvironmentVariable(Storage) is not { Length: > 0 } container)
    return Fail($"{Storage} isn't set. It is an output of infra/main.bicep: run `azd provision`, or `azd hooks run postprovision`");

// Not an error message's to repeat: what isn't a plain address may hold a key.
if (!Uri.TryCreate(container, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps || address.Query.Length > 0 || address.UserInfo.Length > 0)
    return Fail($"{Storage} isn't the address of a container alone, such as https://ACCOUNT.blob.core.windows.net/fldurable: no key or signature is written to a file");

var wanted = new Dictionary<string, string>
{
    ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
    ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
    [Storage] = container,
};

try
{
    if (!Path.Exists(Settings))
    {
        Write();
        Console.WriteLine($"{Settings}: written. Artifacts are in {container}; the rest is in Azurite.");
        return 0;
    }

    var different = Different(File.ReadAllText(Settings));
    Console.WriteLine(different.Length == 0
        ? $"{Settings}: has what this environment needs."
        : $"{Settings}: was there and is left as it is. This environment's {string.Join(" and ", different)} would differ. "
            + "To have it written anew, move it away and run `azd hooks run postprovision`.");
    return 0;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    return Fail(exception.Message);
}

void Write()
{
    var settings = new JsonObject
    {
        ["IsEncrypted"] = false,
        ["Values"] = new JsonObject(wanted.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)JsonValue.Create(value.Value)))),
    };

    // Aside first: half a file would be taken for what somebody wrote by hand, and left as it is.
    var aside = $"{Settings}.{Path.GetRandomFileName()}";
    try
    {
        using (var file = new FileStream(aside, FileMode.CreateNew))
        {
            using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true, NewLine = "\n" });
            settings.WriteTo(json);
            json.Flush();
            file.WriteByte((byte)'\n');
        }

        File.Move(aside, Settings); // of two that write at once, one finds the other's file
    }
    finally
    {
        File.Delete(aside);
    }
}

// Names alone: a value of somebody's own may be a key.
string[] Different(string text)
{
    try
    {
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        using var there = JsonDocument.Parse(text, options);
        return [.. wanted.Where(value => !Has(there.RootElement, value.Key, value.Value)).Select(value => value.Key)];
    }
    catch (JsonException)
    {
        return [.. wanted.Keys];
    }
}

static bool Has(JsonElement settings, string name, string value) =>
    settings.ValueKind == JsonValueKind.Object
    && settings.TryGetProperty("Values", out var values) && values.ValueKind == JsonValueKind.Object
    && values.TryGetProperty(name, out var there) && there.ValueKind == JsonValueKind.String && there.ValueEquals(value);

static int Fail(string reason)
{
    Console.Error.WriteLine($"{Settings}: not written: {reason}.");
    return 1;
}
