namespace FlDurable.Shared.Specs;

/// <summary>Where clients' work is done: <see cref="PlacementOptions"/>.</summary>
public sealed record PlacementField(string Name, string Meaning) : ObjectField(Name, Meaning)
{
    /// <summary>What must be given in any case.</summary>
    public const string Required = KindName;

    internal const string KindName = "kind";
    internal const string AttemptTimeoutName = "attemptTimeoutSeconds";
    internal const string MaxAttemptsName = "maxAttempts";
    internal const string EnrolTimeoutName = "enrolTimeoutSeconds";
    internal const string FallbackName = "fallback";
    internal const string QueueTimeoutName = "queueTimeoutSeconds";

    private const int MostSeconds = 2_592_000;
    private const int MostAttempts = 10;

    /// <inheritdoc/>
    public override string Kind => $"an object with {KindName}";

    /// <inheritdoc/>
    public override string Placeholder => $"{KindName}=NAME,{AttemptTimeoutName}=N";

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new WordField(KindName, "Who does it: the host, its pool of workers, or each site its own.", [PlacementOptions.Host, PlacementOptions.Pool, PlacementOptions.Site]),
        new WholeNumberField(AttemptTimeoutName, "How long a worker may have work, from when it took it; then another attempt is offered.", 1, MostSeconds) { Default = PlacementOptions.UsualAttemptTimeoutSeconds },
        new WholeNumberField(MaxAttemptsName, "How many attempts are offered; then the work falls back, or has failed.", 1, MostAttempts) { Default = PlacementOptions.UsualMaxAttempts },
        new WholeNumberField(EnrolTimeoutName, "How long the federation waits for its sites to enrol.", 1, MostSeconds) { Default = PlacementOptions.UsualEnrolTimeoutSeconds },
        new WordField(FallbackName, "Who does what no worker of the pool has done.", [PlacementOptions.Host, PlacementOptions.None]) { DefaultMeaning = "host, where the pool does it" },
        new WholeNumberField(QueueTimeoutName, "How long work waits for a worker of the pool to take it; then it falls back, or has failed.", 1, MostSeconds) { DefaultMeaning = FormattableString.Invariant($"{PlacementOptions.UsualQueueTimeoutSeconds}, where the pool does it") },
    ];

    private protected override (string Member, string Meaning) MustHave => (KindName, $"{PlacementOptions.Host}, {PlacementOptions.Pool} or {PlacementOptions.Site}");

    private protected override object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors)
    {
        return new PlacementOptions(
            (string)given[KindName], Number(AttemptTimeoutName, PlacementOptions.UsualAttemptTimeoutSeconds), Number(MaxAttemptsName, PlacementOptions.UsualMaxAttempts),
            Number(EnrolTimeoutName, PlacementOptions.UsualEnrolTimeoutSeconds), (string?)given.GetValueOrDefault(FallbackName),
            given.TryGetValue(QueueTimeoutName, out var queue) ? (int)(long)queue : null);

        int Number(string member, int otherwise) => given.TryGetValue(member, out var value) ? (int)(long)value : otherwise;
    }
}
