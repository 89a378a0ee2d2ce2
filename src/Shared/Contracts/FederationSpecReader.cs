using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Contracts;

/// <summary>Something wrong with one field of a spec.</summary>
/// <param name="Field">The field's JSON name, or <c>$</c> for the document.</param>
/// <param name="Message">What was found and what was expected, for a person.</param>
public sealed record SpecError(string Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";
}

/// <summary>A spec that can't be run, with everything that is wrong with it.</summary>
public sealed class InvalidSpecException(IReadOnlyList<SpecError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<SpecError> Errors { get; } = errors;
}

/// <summary>Reads specs and checks them, and finds every bad field at once.</summary>
public static class FederationSpecReader
{
    /// <summary>So many errors are named, and the others counted: nobody reads more, and whoever writes a spec decides how many there are.</summary>
    public const int MaxErrors = 100;

    private const int MaxTextLength = 1024;
    private const double SmallestSingle = 1.2e-38;

    /// <summary>Reads a spec from JSON. What it does not name, or gives as null, has its default. Values are not checked: <see cref="Check(FederationSpec, NetworkRegistry, IEnumerable{string})"/>.</summary>
    /// <exception cref="InvalidSpecException">It is no JSON object, has an unknown field or a value of the wrong type.</exception>
    public static FederationSpec Read(ReadOnlySpan<byte> utf8Json)
    {
        var errors = new List<SpecError>();
        var spec = Read(utf8Json, errors);
        return errors.Count == 0 ? spec : throw new InvalidSpecException(errors);
    }

    /// <summary>Reads what can be read of a spec.</summary>
    /// <param name="utf8Json">The spec.</param>
    /// <param name="errors">
    /// Gets every unknown field and every value of the wrong type, up to <see cref="MaxErrors"/> and how many more there are; their fields
    /// have their defaults.
    /// </param>
    /// <exception cref="InvalidSpecException">It is no JSON object.</exception>
    public static FederationSpec Read(ReadOnlySpan<byte> utf8Json, ICollection<SpecError> errors)
    {
        using var document = SpecDocument.Parse(utf8Json);
        return ReadFields(document.RootElement, errors);
    }

    /// <summary>Checks every value.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="networks">The networks that it may name.</param>
    /// <param name="engines">The engines that it may name, besides <c>auto</c>.</param>
    /// <exception cref="InvalidSpecException">A value is out of its range.</exception>
    public static void Check(FederationSpec spec, NetworkRegistry networks, IEnumerable<string> engines)
    {
        var errors = new List<SpecError>();
        Check(spec, networks, engines, errors);
        if (errors.Count > 0)
            throw new InvalidSpecException(errors);
    }

    /// <summary>Checks every value that could be read.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="networks">The networks that it may name.</param>
    /// <param name="engines">The engines that it may name, besides <c>auto</c>.</param>
    /// <param name="errors">
    /// Has what <see cref="Read(ReadOnlySpan{byte}, ICollection{SpecError})"/> found: nothing more is said of those fields, nor of what
    /// depends on them. Gets every value that is out of its range.
    /// </param>
    public static void Check(FederationSpec spec, NetworkRegistry networks, IEnumerable<string> engines, ICollection<SpecError> errors)
    {
        var unread = errors.Select(error => error.Field).ToHashSet(StringComparer.Ordinal);
        Expect("id", spec.Id is null || ArtifactNames.IsId(spec.Id), spec.Id, ArtifactNames.IdRule);
        OneOf("network", spec.Network, networks.Names);
        Expect("data", spec.Data is null or { Length: > 0 and <= MaxTextLength }, spec.Data, $"1 to {MaxTextLength} characters");
        OneOf("partitioner", spec.Partitioner, SpecVocabulary.Partitioners);
        Within("clients", spec.Clients, 1, 1_000_000);
        Expect("validationFraction", spec.ValidationFraction is >= 0 and < 1, spec.ValidationFraction, "0 to below 1");
        Within("rounds", spec.Rounds, 1, 1_000_000);
        Within("epochs", spec.Epochs, 1, 1_000);
        Within("batchSize", spec.BatchSize, 1, 4_096);
        OneOf("optimizer", spec.Optimizer, SpecVocabulary.Optimizers);
        Expect("learningRate", spec.LearningRate is > 0 and <= 100, spec.LearningRate, "above 0 to 100");
        Expect("momentum", spec.Momentum >= 0 && (float)spec.Momentum < 1, spec.Momentum, "0 to below 1, also in single precision");
        NotTooSmall("learningRate", spec.LearningRate);
        NotTooSmall("momentum", spec.Momentum);
        Expect("momentum", spec.Momentum == 0 || spec.Optimizer != "adam" || unread.Contains("optimizer"), spec.Momentum, "0 with optimizer adam, which has none");
        Expect("weightDecay", spec.WeightDecay is >= 0 and <= 1, spec.WeightDecay, "0 to 1");
        NotTooSmall("weightDecay", spec.WeightDecay);
        OneOf("strategy", spec.Strategy, SpecVocabulary.Strategies);
        Expect("fractionFit", spec.FractionFit is > 0 and <= 1, spec.FractionFit, "above 0 to 1");
        Expect("fractionEvaluate", spec.FractionEvaluate is >= 0 and <= 1, spec.FractionEvaluate, "0 to 1");
        if (spec.Clients >= 1 && !unread.Contains("clients"))
        {
            UpToClients("minFitClients", spec.MinFitClients);
            UpToClients("minEvaluateClients", spec.MinEvaluateClients);
            UpToClients("minAvailableClients", spec.MinAvailableClients);
            var needed = spec.NeededUpdates(spec.Clients);
            Expect("quorum", spec.Quorum >= 1 && spec.Quorum <= needed, spec.Quorum, $"1 to the updates that a round needs, {needed}");
        }

        Expect("overSelection", spec.OverSelection is >= 1 and <= 10, spec.OverSelection, "1 to 10");
        Expect("overSelection", spec.OverSelection == 1 || spec.CohortSize == 1 || unread.Contains("cohortSize"), spec.OverSelection, "1 with a cohortSize above 1");
        Expect("deadlineSeconds", spec.DeadlineSeconds is null or > 0 and <= 2_592_000, spec.DeadlineSeconds, "above 0 to 2592000");
        Expect("maxUpdateNorm", spec.MaxUpdateNorm is null || (spec.MaxUpdateNorm > 0 && double.IsFinite(spec.MaxUpdateNorm.Value)), spec.MaxUpdateNorm, "above 0");
        Expect("retention", RetentionPolicy.TryParse(spec.Retention, out _), spec.Retention, "all, last:N or every:N with N from 1");
        Within("roundAttempts", spec.RoundAttempts, 1, 10);
        Within("cohortSize", spec.CohortSize, 1, 64);
        Expect("seed", spec.Seed is >= 0 and <= SpecVocabulary.MaxSeed, spec.Seed, $"0 to {SpecVocabulary.MaxSeed}");
        OneOf("engine", spec.Engine, engines.Prepend("auto"));
        Expect("initial", spec.Initial is null or { Length: > 0 and <= MaxTextLength }, spec.Initial, $"1 to {MaxTextLength} characters");

        void Expect(string field, bool holds, object? value, string expected)
        {
            if (!holds && !unread.Contains(field))
                errors.Add(new SpecError(field, FormattableString.Invariant($"expected {expected}, got {Describe(value)}")));
        }

        void Within(string field, int value, int least, int most) =>
            Expect(field, value >= least && value <= most, value, FormattableString.Invariant($"{least} to {most}"));

        // In single precision, in which engines train, it would be nothing at all.
        void NotTooSmall(string field, double value) =>
            Expect(field, value is <= 0 or >= SmallestSingle or double.NaN, value, $"{SmallestSingle} or more, the least that single precision has");

        void UpToClients(string field, int value) =>
            Expect(field, value >= 1 && value <= spec.Clients, value, $"1 to the number of clients, {spec.Clients}");

        void OneOf(string field, string value, IEnumerable<string> known) =>
            Expect(field, known.Contains(value, StringComparer.Ordinal), value, $"one of {string.Join(", ", known)}");
    }

    private static FederationSpec ReadFields(JsonElement document, ICollection<SpecError> errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var fields = ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.ToDictionary(field => field.Name, StringComparer.Ordinal);
        var spec = new FederationSpec();
        var wrong = 0;
        foreach (var property in document.EnumerateObject())
        {
            var isKnown = fields.TryGetValue(property.Name, out var field);
            var isFirst = isKnown && seen.Add(property.Name);
            if ((isFirst && TrySet(spec, field!, property.Value)) || ++wrong > MaxErrors)
                continue;
            var message = (isKnown, isFirst) switch
            {
                (false, _) => $"unknown field; known are {string.Join(", ", fields.Keys)}",
                (_, false) => "given twice",
                _ => $"expected {Describe(field!.PropertyType)}, got {Describe(property.Value)}",
            };
            errors.Add(new SpecError(Excerpt.Counted(property.Name), message));
        }

        if (wrong > MaxErrors)
            errors.Add(new SpecError(SpecDocument.Whole, FormattableString.Invariant($"and {wrong - MaxErrors} more")));
        return spec;
    }

    private static bool TrySet(FederationSpec spec, JsonPropertyInfo field, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return true; // not given
        try
        {
            field.Set!(spec, ReadValue(element, field.PropertyType));
            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static object? ReadValue(JsonElement element, Type type)
    {
        if (element.ValueKind != JsonValueKind.Number || !WholeNumber.TryRead(element, out var whole))
            return element.Deserialize(type, ContractJson.Options);
        return type == typeof(long) ? whole
            : type == typeof(int) && whole is >= int.MinValue and <= int.MaxValue ? (object)(int)whole
            : element.Deserialize(type, ContractJson.Options);
    }

    private static string Describe(object? value) =>
        Excerpt.Counted(value is string text ? $"'{text}'" : FormattableString.Invariant($"{value}"));

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => Excerpt.Counted(TextOf(element)),
        _ => Excerpt.Counted(element.GetRawText()),
    };

    /// <summary>A string as a person would write it: <c>"+1"</c>, whatever the JSON has escaped of it.</summary>
    private static string TextOf(JsonElement element)
    {
        try
        {
            return $"\"{element.GetString()}\"";
        }
        catch (InvalidOperationException)
        {
            return element.GetRawText(); // half a surrogate pair
        }
    }

    private static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var number when number == typeof(int) || number == typeof(long) => "a whole number",
        var number when number == typeof(double) => "a number",
        var flag when flag == typeof(bool) => "true or false",
        _ => "a string",
    };
}
