using System.CommandLine;
using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.State;

/// <summary>Which federations <c>list</c> shows: its options have the names that a list has over HTTP.</summary>
internal sealed class ListFilter
{
    /// <summary>The option that says where to go on.</summary>
    public const string TokenName = "--continuation-token";

    private const string Newest = "newest";
    private const string Oldest = "oldest";
    private const string Pending = "pending";
    private const int MostOnAPage = 1_000;

    private static readonly string[] Statuses = [Pending, "running", FederationReport.Interrupted, "suspended", "completed", "failed", "terminated"];

    private readonly Option<string?> status = new Option<string?>("--status")
    {
        HelpName = "STATUS[,STATUS]",
        Description = $"Only those in one of these states: {string.Join(", ", Statuses)}. {ListOption.Form} Pending are those that run whose data is being prepared.",
    }.AsList();

    private readonly Option<string?> prefix = new("--id-prefix", "--prefix") { HelpName = "TEXT", Description = "Only those whose id begins so." };
    private readonly Option<string?> after = new("--created-after") { HelpName = "TIME", Description = "Only those that were started later, such as 2026-01-31T12:00:00Z." };
    private readonly Option<string?> before = new("--created-before") { HelpName = "TIME", Description = "Only those that were started earlier." };
    private readonly Option<string?> order = new("--order") { HelpName = "ORDER", Description = $"What comes first: {Oldest} or {Newest}. Default: {Oldest}." };
    private readonly Option<int?> pageSize = WholeNumberOption.Create("--page-size", "At most so many. Default: all.", 1, MostOnAPage);
    private readonly Option<string?> token = new(TokenName) { HelpName = "TOKEN", Description = "What the page before ended with." };

    /// <summary>Adds them to a command.</summary>
    public ListFilter(Command command)
    {
        foreach (var option in (Option[])[status, prefix, after, before, order, pageSize, token])
            command.Add(option);
        status.CompletionSources.Add(Statuses);
        order.CompletionSources.Add(Oldest, Newest);
    }

    /// <summary>What a command line asks for.</summary>
    /// <exception cref="UsageException">An option's value is none.</exception>
    public Asked Read(ParseResult parsed)
    {
        var words = parsed.GetValue(status)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words?.FirstOrDefault(word => !Statuses.Contains(word, StringComparer.Ordinal)) is { } unknown)
            throw new UsageException($"--status: expected {string.Join(", ", Statuses)}, several with commas, got '{Excerpt.Printable(unknown)}'");
        var first = parsed.GetValue(order) ?? Oldest;
        if (first is not (Oldest or Newest))
            throw new UsageException($"--order: expected {Oldest} or {Newest}, got '{Excerpt.Printable(first)}'");
        return new Asked(
            words is { Length: > 0 } ? words : null, parsed.GetValue(prefix) ?? "", Moment(parsed, after), Moment(parsed, before), first == Newest, parsed.GetValue(pageSize),
            parsed.GetValue(token) is { } text ? Place.Of(text) : null);
    }

    /// <summary>What a command line asks a server for, which has names of its own for states and knows its own tokens.</summary>
    /// <exception cref="UsageException">An option's value is none.</exception>
    public ServerQuery ReadQuery(ParseResult parsed)
    {
        var words = parsed.GetValue(status)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (words.Contains(FederationReport.Interrupted, StringComparer.Ordinal))
            throw new UsageException($"--status: {FederationReport.Interrupted} is what nobody runs, and a server runs all of its federations");
        var parts = new List<string>();
        if (words.Length > 0)
            parts.Add($"status={string.Join(',', words.SelectMany(word => word == "running" ? ["running", Pending] : (string[])[word]).Distinct(StringComparer.Ordinal).Select(Uri.EscapeDataString))}");
        Add("idPrefix", parsed.GetValue(prefix));
        Add("createdAfter", Moment(parsed, after)?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Add("createdBefore", Moment(parsed, before)?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        Add("order", parsed.GetValue(order));
        return new ServerQuery(parts, parsed.GetValue(pageSize), parsed.GetValue(token));

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private static DateTimeOffset? Moment(ParseResult parsed, Option<string?> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)
            ? moment
            : throw new UsageException($"{option.Name}: expected a date, or a date and time, such as 2026-01-31 or 2026-01-31T12:00:00Z, got '{Excerpt.Printable(text)}'");
    }

    /// <summary>What is asked for.</summary>
    internal sealed record Asked(
        IReadOnlyList<string>? Statuses, string IdPrefix, DateTimeOffset? CreatedAfter, DateTimeOffset? CreatedBefore, bool NewestFirst, int? PageSize, Place? After)
    {
        /// <summary>Whether a federation is one of those.</summary>
        public bool Has(OrchestrationMetadata federation, bool isAtWork) =>
            federation.InstanceId.StartsWith(IdPrefix, StringComparison.Ordinal)
            && !(federation.StartedAt() <= CreatedAfter)
            && !(federation.StartedAt() >= CreatedBefore)
            && (Statuses is null || Statuses.Any(status => IsIn(federation, status, isAtWork)));

        /// <summary>A page of what is found, and with what the next one is asked for; null if this is the last.</summary>
        public (IReadOnlyList<OrchestrationMetadata> Page, string? Next) PageOf(IReadOnlyList<OrchestrationMetadata> found)
        {
            var all = found.Select(federation => (Place: new Place(federation.StartedAt(), federation.InstanceId), Federation: federation)).OrderBy(one => one.Place);
            var rest = (NewestFirst ? all.Reverse() : all).Where(one => After is null || Math.Sign(one.Place.CompareTo(After)) == (NewestFirst ? -1 : 1)).ToList();
            var page = rest.Take(PageSize ?? int.MaxValue).ToList();
            return ([.. page.Select(one => one.Federation)], page.Count < rest.Count ? page[^1].Place.ToString() : null);
        }

        private static bool IsIn(OrchestrationMetadata federation, string status, bool isAtWork)
        {
            var shown = FederationReport.StatusOf(federation, isAtWork);
            return status == shown || (status == Pending && shown == "running" && federation.ReadCustomStatusAs<FederationProgress>() is null or { Round: < 0 });
        }
    }

    /// <summary>Where a federation stands: by time, and of those of one time by id.</summary>
    internal sealed record Place(DateTimeOffset CreatedAt, string Id) : IComparable<Place>
    {
        /// <exception cref="UsageException">It is none.</exception>
        public static Place Of(string token) =>
            token.Split('-', 2) is [var ticks, var id] && ArtifactNames.IsId(id)
            && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= DateTimeOffset.MaxValue.UtcTicks
                ? new Place(new DateTimeOffset(number, TimeSpan.Zero), id)
                : throw new UsageException($"{TokenName}: expected one that a page ended with, got '{Excerpt.Printable(token)}'");

        public int CompareTo(Place? other) => other is null ? 1
            : CreatedAt != other.CreatedAt ? CreatedAt.CompareTo(other.CreatedAt)
            : string.CompareOrdinal(Id, other.Id);

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.UtcTicks}-{Id}");
    }
}
