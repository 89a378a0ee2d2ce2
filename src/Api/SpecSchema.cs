using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlDurable.Api;

/// <summary>What <see cref="FederationSpecReader"/> checks, as JSON schema; a test holds the two together.</summary>
internal sealed class SpecSchema(NetworkRegistry networks, IEngineCatalog engines) : IOpenApiSchemaTransformer
{
    /// <summary><see cref="ArtifactNames.IsId"/>, but for the length.</summary>
    public const string IdPattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";
    private const string RetentionPattern = "^(all|(last|every):0*[1-9][0-9]*)$";
    private const int MaxTextLength = 1024;

    private static readonly Dictionary<string, NumberRange> Ranges = new(StringComparer.Ordinal)
    {
        ["clients"] = new(1, 1_000_000),
        ["validationFraction"] = new(0, 1) { IsBelowMost = true },
        ["rounds"] = new(1, 1_000_000),
        ["epochs"] = new(1, 1_000),
        ["batchSize"] = new(1, 4_096),
        ["learningRate"] = new(0, 100) { IsAboveLeast = true },
        ["momentum"] = new(0, 1) { IsBelowMost = true },
        ["weightDecay"] = new(0, 1),
        ["fractionFit"] = new(0, 1) { IsAboveLeast = true },
        ["fractionEvaluate"] = new(0, 1),
        ["minFitClients"] = new(1, 1_000_000),
        ["minEvaluateClients"] = new(1, 1_000_000),
        ["minAvailableClients"] = new(1, 1_000_000),
        ["quorum"] = new(1, 1_000_000),
        ["overSelection"] = new(1, 10),
        ["deadlineSeconds"] = new(0, 2_592_000) { IsAboveLeast = true },
        ["maxUpdateNorm"] = new(0, null) { IsAboveLeast = true },
        ["roundAttempts"] = new(1, 10),
        ["cohortSize"] = new(1, 64),
        ["seed"] = new(0, SpecVocabulary.MaxSeed),
    };

    /// <inheritdoc/>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(FederationSpec) && context.JsonPropertyInfo is null)
            Constrain(schema);
        return Task.CompletedTask;
    }

    private void Constrain(OpenApiSchema spec)
    {
        spec.AdditionalPropertiesAllowed = false;
        var defaults = JsonSerializer.SerializeToElement(new FederationSpec(), ContractJson.Options);
        foreach (var (name, property) in spec.Properties ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            if (property is not OpenApiSchema field)
                continue;
            Constrain(name, field);
            if (Ranges.TryGetValue(name, out var range))
                range.Constrain(field);

            // Minimums and quorum have no default of their own: they follow other fields.
            if (name != "quorum" && !name.StartsWith("min", StringComparison.Ordinal) && defaults.TryGetProperty(name, out var value))
                field.Default = JsonNode.Parse(value.GetRawText());
        }
    }

    private void Constrain(string name, OpenApiSchema field)
    {
        switch (name)
        {
            case "id":
                (field.Pattern, field.MinLength, field.MaxLength) = (IdPattern, 1, ArtifactNames.MaxIdLength);
                field.Description = $"The federation's id: {ArtifactNames.IdRule}. Generated when it is not given.";
                break;
            case "network":
                field.Enum = Words(networks.Names);
                break;
            case "data":
                (field.MinLength, field.MaxLength) = (1, MaxTextLength);
                field.Description = "cifar10, synthetic, synthetic:train=N,test=N,seed=N, or what the host has when it is not given. "
                    + "A file of the host, if it allows that.";
                break;
            case "initial":
                (field.MinLength, field.MaxLength) = (1, MaxTextLength);
                field.Description = "What it started from, if not from the seed. Not taken over HTTP: branch instead.";
                break;
            case "quorum":
                field.Description = "A round with fewer updates has failed. Default: half of those that it needs, rounded up.";
                break;
            case "partitioner":
                field.Enum = Words(SpecVocabulary.Partitioners);
                break;
            case "optimizer":
                field.Enum = Words(SpecVocabulary.Optimizers);
                break;
            case "strategy":
                field.Enum = Words(SpecVocabulary.Strategies);
                break;
            case "engine":
                field.Enum = Words(engines.Names.Prepend("auto"));
                break;
            case "retention":
                field.Pattern = RetentionPattern;
                break;
        }
    }

    private static List<JsonNode> Words(IEnumerable<string> words) => [.. words.Select(word => JsonValue.Create(word))];

    private sealed record NumberRange(double Least, double? Most)
    {
        public bool IsAboveLeast { get; init; }

        public bool IsBelowMost { get; init; }

        public void Constrain(OpenApiSchema field)
        {
            var (least, most) = (Least.ToString(CultureInfo.InvariantCulture), Most?.ToString(CultureInfo.InvariantCulture));
            if (IsAboveLeast)
                field.ExclusiveMinimum = least;
            else
                field.Minimum = least;
            if (IsBelowMost)
                field.ExclusiveMaximum = most;
            else
                field.Maximum = most;
        }
    }
}
