using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Waiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace FlDurable.Api;

/// <summary>
/// The HTTP API, one method a call. A host routes to it and authenticates; what can go wrong is answered here, the same in every host.
/// </summary>
public sealed class FederationApi
{
    internal const int DefaultPageSize = 100;
    internal const int MaxPageSize = 1_000;
    internal const int DefaultRounds = 100;
    internal const int MaxRounds = 1_000;
    internal const int DefaultClients = 24;
    internal const int MaxClients = 1_000;

    private const int RetryAfterSeconds = 2;
    private const int MostKeptRounds = 100;

    private static readonly TimeSpan StateHolds = TimeSpan.FromMilliseconds(250);

    // A hundred records are read for them, and whoever draws them asks every few seconds.
    private static readonly TimeSpan HistoriesHold = TimeSpan.FromSeconds(2);

    private readonly FederationApiOptions options;
    private readonly IArtifactStore store;
    private readonly FederationLauncher launcher;
    private readonly FederationControl control;
    private readonly FederationRetry retry;
    private readonly FederationReader reader;
    private readonly FederationPurge purge;
    private readonly SpecIntake intake;
    private readonly ApiFailures failures;
    private readonly RequestLog log;
    private readonly IHostApplicationLifetime host;
    private readonly TimeProvider time;
    private readonly IKeptDatasets? datasets;
    private readonly RecentAnswers recent;

    internal FederationApi(
        FederationApiOptions options, IArtifactStore store, FederationLauncher launcher, FederationControl control, FederationRetry retry, FederationReader reader,
        FederationPurge purge, SpecIntake intake, ApiFailures failures, RequestLog log, IHostApplicationLifetime host, TimeProvider time,
        IKeptDatasets? datasets)
    {
        this.options = options;
        this.store = store;
        this.launcher = launcher;
        this.control = control;
        this.retry = retry;
        this.reader = reader;
        this.purge = purge;
        this.intake = intake;
        this.failures = failures;
        this.log = log;
        this.host = host;
        this.time = time;
        this.datasets = datasets;
        recent = new RecentAnswers(time);
    }

    /// <summary>
    /// Starts the federation of the spec in the body: 202. One that is there with this id and this spec: 200, another spec: 409. Its data is
    /// read later; whoever wants to wait for that says how long (<see cref="RequestPatience"/>).
    /// </summary>
    public Task<IResult> StartAsync(HttpRequest request, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var (patience, idOfKey) = ReadHeaders(request);
            var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, cancel);
            return await LaunchAsync(intake.ReadSpec(body.Span, idOfKey), idOfKey, initial: null, patience, cancel, cancellationToken);
        },
        cancellationToken);

    /// <summary>A page of federations: all, or those that the query's filters leave, oldest or newest first.</summary>
    public Task<IResult> ListAsync(IQueryCollection query, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var asked = FederationQuery.Of(query, fields);
            fields.Check();
            return ApiAnswers.Json(await reader.ListAsync(asked, cancellationToken));
        },
        cancellationToken);

    /// <summary>A federation: its state, how far it is, and its newest rounds.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="rounds">How many rounds, 0 to 1,000; 100 if it is not given.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IResult> GetAsync(string id, string? rounds, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var (federation, most) = (fields.Id(id), fields.WholeNumber("rounds", rounds, 0, MaxRounds, DefaultRounds));
            fields.Check();
            return await recent.GetAsync($"{federation}?rounds={most}", StateHolds, async () =>
            {
                var details = await reader.ReadAsync(federation, most, cancellationToken);
                return new ApiAnswer<FederationDetails>(StatusCodes.Status200OK, details)
                {
                    RetryAfterSeconds = details.Status is OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running ? RetryAfterSeconds : null,
                    IsForMany = most <= MostKeptRounds
                        && details.Status is OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running or OrchestrationRuntimeStatus.Suspended,
                };
            });
        },
        cancellationToken);

    /// <summary>How a federation's data is divided among its clients.</summary>
    public Task<IResult> GetDivisionAsync(string id, CancellationToken cancellationToken) => AnswerAsync(
        async () => ApiAnswers.Json(await reader.ReadDivisionAsync(CheckId(id), cancellationToken)),
        cancellationToken);

    /// <summary>How a federation's clients did in its newest rounds.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="rounds">How many rounds, 0 to 1,000; 100 if it is not given.</param>
    /// <param name="clients">How many clients, 1 to 1,000; 24 if it is not given.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IResult> GetClientsAsync(string id, string? rounds, string? clients, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var (federation, mostRounds, mostClients) = (
                fields.Id(id), fields.WholeNumber("rounds", rounds, 0, MaxRounds, DefaultRounds), fields.WholeNumber("clients", clients, 1, MaxClients, DefaultClients));
            fields.Check();
            return await recent.GetAsync(
                $"{federation}/clients?rounds={mostRounds}&clients={mostClients}", HistoriesHold,
                async () =>
                {
                    var histories = await reader.ReadHistoriesAsync(federation, mostRounds, mostClients, cancellationToken);
                    return new ApiAnswer<ClientHistories>(StatusCodes.Status200OK, histories) { IsForMany = true };
                });
        },
        cancellationToken);

    /// <summary>A page of a federation's recorded rounds, oldest or newest first.</summary>
    public Task<IResult> ListRoundsAsync(string id, IQueryCollection query, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var federation = fields.Id(id);
            var asked = RoundQuery.Of(query, fields);
            fields.Check();
            return ApiAnswers.Json(await reader.ListRoundsAsync(federation, asked, cancellationToken));
        },
        cancellationToken);

    /// <summary>A round's record, with every client.</summary>
    public Task<IResult> GetRoundAsync(string id, string round, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var (federation, number) = (fields.Id(id), fields.Round(round));
            fields.Check();
            return ApiAnswers.Json(await reader.ReadRoundAsync(federation, number, cancellationToken));
        },
        cancellationToken);

    /// <summary>One of the parts that a round's record names.</summary>
    public Task<IResult> GetRoundPartAsync(string id, string round, string part, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var (federation, number, index) = (fields.Id(id), fields.Round(round), fields.Part(part));
            fields.Check();
            return ApiAnswers.Json(await reader.ReadRoundPartAsync(federation, number, index, cancellationToken));
        },
        cancellationToken);

    /// <summary>The final parameters as safetensors. Their entity tag is their SHA-256.</summary>
    public Task<IResult> GetModelAsync(string id, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var federation = CheckId(id);
            var model = await reader.FindModelAsync(federation, round: null, cancellationToken);
            return new ModelAnswer(store, model, $"{federation}.safetensors", failures);
        },
        cancellationToken);

    /// <summary>The global parameters after a round as safetensors; those of round 0 are the initial ones.</summary>
    public Task<IResult> GetRoundModelAsync(string id, string round, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var (federation, number) = (fields.Id(id), fields.Round(round));
            fields.Check();
            var model = await reader.FindModelAsync(federation, number, cancellationToken);
            return new ModelAnswer(store, model, $"{federation}-round-{number}.safetensors", failures);
        },
        cancellationToken);

    /// <summary>Ends a federation as it is; one that is over stays as it is.</summary>
    public Task<IResult> TerminateAsync(string id, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(id, reason, "terminated over HTTP", control.TerminateAsync, log.Terminated, cancellationToken);

    /// <summary>Holds a federation before its next round.</summary>
    public Task<IResult> SuspendAsync(string id, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(id, reason, "suspended over HTTP", control.SuspendAsync, log.Suspended, cancellationToken);

    /// <summary>Lets a suspended federation go on.</summary>
    public Task<IResult> ResumeAsync(string id, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(id, reason, "resumed over HTTP", control.ResumeAsync, log.Resumed, cancellationToken);

    /// <summary>Lets a federation that has failed go on after its last recorded round; one that is on its way goes on as it does.</summary>
    public Task<IResult> RetryAsync(string id, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var federation = CheckId(id);
            await ActAsync(federation, () => retry.RetryAsync(federation, cancel), cancel);
            log.Retried(federation);
            return Accepted(await reader.SummarizeAsync(federation, cancel));
        },
        cancellationToken);

    /// <summary>
    /// Starts a new federation from the parameters of a round of this one. The body has <c>round</c>, and the fields in which its spec
    /// differs.
    /// </summary>
    public Task<IResult> BranchAsync(string id, HttpRequest request, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var (patience, idOfKey) = ReadHeaders(request);
            var parent = await reader.ReadSpecAsync(CheckId(id), cancel);
            var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, cancel);
            var branch = intake.ReadBranch(body.Span, parent, idOfKey);
            var initial = await store.ReadAsync(await reader.FindModelAsync(parent.Id, branch.Round, cancel), cancel);
            try
            {
                return await LaunchAsync(branch, idOfKey, initial, patience, cancel, cancellationToken);
            }
            catch (InvalidSpecException exception)
            {
                throw new InvalidSpecException([.. exception.Errors.Select(branch.AsSent)]);
            }
            catch (FederationConflictException exception) when (exception.Differences.Count > 0)
            {
                throw AsSent(exception);
            }
            catch (KeyReusedException exception)
            {
                throw new KeyReusedException(AsSent(exception.Conflict));
            }
        },
        cancellationToken);

    /// <summary>Removes a federation that is over, with all its artifacts: 204.</summary>
    public Task<IResult> PurgeAsync(string id, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var federation = CheckId(id);
            await ActAsync(federation, () => control.PurgeAsync(federation, cancellationToken), cancellationToken);
            log.Purged(federation);
            return TypedResults.NoContent();
        },
        cancellationToken);

    /// <summary>Removes federations that are over, with all their artifacts: 200 with their ids.</summary>
    /// <param name="status">Only those in one of these states, in all of which a federation is over.</param>
    /// <param name="createdBefore">Only those that were started before.</param>
    /// <param name="idPrefix">Only those whose id begins so.</param>
    /// <param name="pageSize">At most so many, 1 to 1,000; 100 if it is not given.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IResult> PurgeManyAsync(
        IReadOnlyList<string?> status, string? createdBefore, string? idPrefix, string? pageSize, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var fields = new RequestFields();
            var filter = new PurgeFilter(
                fields.Status(status), fields.Moment("createdBefore", createdBefore), fields.IdPrefix(idPrefix),
                fields.WholeNumber("pageSize", pageSize, 1, MaxPageSize, DefaultPageSize));
            var living = (filter.Statuses ?? []).Except(PurgeFilter.Over).ToList();
            fields.Expect("status", living.Count == 0, string.Join(',', status), "only states in which a federation is over: completed, failed, terminated");
            var isGiven = filter.Statuses is not null || filter.CreatedBefore is not null || filter.IdPrefix is not null;
            fields.Expect("$", isGiven, "no filter", "status, createdBefore or idPrefix, so that no slip removes everything");
            fields.Check();
            var purged = await purge.RunAsync(filter, cancel);
            recent.Forget();
            foreach (var federation in purged.Purged)
                log.Purged(federation);
            return ApiAnswers.Json(purged);
        },
        cancellationToken);

    /// <summary>The partitioned data of the host, and who uses it.</summary>
    public Task<IResult> ListDatasetsAsync(CancellationToken cancellationToken) => AnswerAsync(
        async () => datasets is null ? OthersData() : ApiAnswers.Json(new DatasetList(await datasets.ListAsync(cancellationToken))),
        cancellationToken);

    /// <summary>Removes partitioned data that no federation uses: 200 with what was removed.</summary>
    /// <param name="digest">That data set alone; null for all.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IResult> RemoveDatasetsAsync(string? digest, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var fields = new RequestFields();
            var one = fields.Digest(digest);
            fields.Check();
            if (datasets is null)
                return OthersData();
            if (await datasets.RemoveUnusedAsync(one, cancel) is not { } removed)
                return ApiAnswers.Problem(ProblemKind.DataInUse, "a command beside the host, fldurable show or train-central, is using data there: send it again when that has ended");
            foreach (var dataset in removed)
                log.DatasetRemoved(dataset.Digest, dataset.Bytes);
            return ApiAnswers.Json(new RemovedDatasets([.. removed.Select(dataset => dataset.Digest)], removed.Sum(dataset => dataset.Bytes)));
        },
        cancellationToken);

    private static IResult OthersData() => ApiAnswers.Problem(
        ProblemKind.DataInUse, "the host's artifacts are in blob storage or of a task hub, where others may use the data: remove datasets/ there once nobody does");

    private static string CheckId(string id)
    {
        var fields = new RequestFields();
        fields.Id(id);
        fields.Check();
        return id;
    }

    /// <summary>How long the caller of a start waits, and the id that its key stands for.</summary>
    private static (RequestPatience Patience, string? Id) ReadHeaders(HttpRequest request)
    {
        var fields = new RequestFields();
        var read = (RequestPatience.Of(request, fields), IdempotencyKey.FindId(request, fields));
        fields.Check();
        return read;
    }

    private static FederationConflictException AsSent(FederationConflictException conflict) =>
        new(conflict.Message, [.. conflict.Differences.Select(BranchRequest.DifferenceAsSent)], conflict.Existing);

    private ApiAnswer<FederationSummary> Accepted(FederationSummary federation) => new(StatusCodes.Status202Accepted, federation)
    {
        Location = options.Paths.Federation(federation.Id),
        RetryAfterSeconds = RetryAfterSeconds,
    };

    private Task<IResult> ControlAsync(
        string id, string? reason, string otherwise, Func<string, string, CancellationToken, Task> act, Action<string, string> tell, CancellationToken cancellationToken) =>
        AnswerAsync(
            async () =>
            {
                var fields = new RequestFields();
                var (federation, why) = (fields.Id(id), fields.Reason(reason, otherwise));
                fields.Check();
                await ActAsync(federation, () => act(federation, why, cancellationToken), cancellationToken);
                tell(federation, why);
                return Accepted(await reader.SummarizeAsync(federation, cancellationToken));
            },
            cancellationToken);

    /// <summary>Does something to a federation that is there. It may be purged meanwhile; whatever else is missed is the host's fault.</summary>
    private async Task ActAsync(string id, Func<Task> act, CancellationToken cancellationToken)
    {
        await reader.GetInstanceAsync(id, cancellationToken);
        try
        {
            await act();
        }
        catch (KeyNotFoundException)
        {
            await reader.GetInstanceAsync(id, cancellationToken);
            throw;
        }
        finally
        {
            recent.Forget();
        }
    }

    /// <param name="start">What is asked for.</param>
    /// <param name="idOfKey">The id that the caller's key stands for; null if it sent none.</param>
    /// <param name="initial">The parameters of a branch.</param>
    /// <param name="patience">How long its caller waits.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <param name="cancellationToken">The caller has gone. A launch takes milliseconds, and a host that stops finishes it.</param>
    private async Task<IResult> LaunchAsync(
        StartRequest start, string? idOfKey, ReadOnlyMemory<byte>? initial, RequestPatience patience, CancellationToken stopping, CancellationToken cancellationToken)
    {
        LaunchedFederation launched;
        try
        {
            launched = await launcher.AcceptAsync(start.Spec, initial, start.DataFolder, cancellationToken);
        }
        catch (FederationConflictException exception) when (start.Spec.Spec.Id == idOfKey && exception.Differences.Count > 0)
        {
            throw new KeyReusedException(exception);
        }

        recent.Forget();
        if (launched.IsStarted)
            log.Started(launched.Spec.Id, launched.Spec.Spec.Rounds, launched.Spec.Spec.Strategy.Name);
        var federation = await WaitAsync(await reader.SummarizeAsync(launched.Spec.Id, cancellationToken), patience, stopping);
        return new ApiAnswer<FederationSummary>(launched.IsStarted ? StatusCodes.Status202Accepted : StatusCodes.Status200OK, federation)
        {
            Location = options.Paths.Federation(federation.Id),
            RetryAfterSeconds = launched.IsStarted ? RetryAfterSeconds : null,
            GrantedWaitSeconds = patience.IsPreferred ? patience.Seconds : null,
        };
    }

    /// <summary>Waits until a federation's data is ready, or it is over; or as long as the caller wants to, and the host runs.</summary>
    private async Task<FederationSummary> WaitAsync(FederationSummary federation, RequestPatience patience, CancellationToken cancellationToken)
    {
        if (patience.Seconds == 0 || federation.Status != OrchestrationRuntimeStatus.Pending)
            return federation;
        using var patienceEnds = new CancellationTokenSource(TimeSpan.FromSeconds(patience.Seconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patienceEnds.Token, cancellationToken);
        try
        {
            return await Polling.Patiently.UntilAsync(
                async cancel =>
                {
                    federation = await reader.SummarizeAsync(federation.Id, cancel);
                    return federation.Status == OrchestrationRuntimeStatus.Pending ? null : federation;
                },
                time, either.Token);
        }
        catch (OperationCanceledException) when (patienceEnds.IsCancellationRequested || host.ApplicationStopping.IsCancellationRequested)
        {
            return federation; // it is accepted, which is what counts
        }
    }

    /// <summary>What changes something is not begun by a host that is stopping, nor cut off by it: whoever asks is told.</summary>
    private async Task<IResult> AnswerWhileRunningAsync(Func<CancellationToken, Task<IResult>> answer, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, host.ApplicationStopping);
        return await AnswerAsync(() => answer(either.Token), cancellationToken);
    }

    private async Task<IResult> AnswerAsync(Func<Task<IResult>> answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return failures.Answer(exception);
        }
    }
}
