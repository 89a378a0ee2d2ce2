using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
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

    private const int RetryAfterSeconds = 2;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly FederationApiOptions options;
    private readonly IArtifactStore store;
    private readonly FederationLauncher launcher;
    private readonly FederationControl control;
    private readonly FederationReader reader;
    private readonly SpecIntake intake;
    private readonly ApiFailures failures;
    private readonly IHostApplicationLifetime host;
    private readonly TimeProvider time;

    internal FederationApi(
        FederationApiOptions options, IArtifactStore store, FederationLauncher launcher, FederationControl control, FederationReader reader, SpecIntake intake,
        ApiFailures failures, IHostApplicationLifetime host, TimeProvider time)
    {
        this.options = options;
        this.store = store;
        this.launcher = launcher;
        this.control = control;
        this.reader = reader;
        this.intake = intake;
        this.failures = failures;
        this.host = host;
        this.time = time;
    }

    /// <summary>
    /// Starts the federation of the spec in the body: 202. One that is there with this id and this spec: 200, another spec: 409. Its data is
    /// read later; whoever wants to wait for that says how long (<see cref="RequestPatience"/>).
    /// </summary>
    public Task<IResult> StartAsync(HttpRequest request, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var patience = ReadPatience(request);
            var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, cancel);
            return await LaunchAsync(intake.ReadSpec(body.Span), initial: null, patience, cancel, cancellationToken);
        },
        cancellationToken);

    /// <summary>A page of federations, oldest first.</summary>
    /// <param name="status">Only those in one of these states; all without any.</param>
    /// <param name="pageSize">At most so many, 1 to 1,000; 100 if it is not given.</param>
    /// <param name="continuationToken">Where the page before ended.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<IResult> ListAsync(
        IReadOnlyList<string?> status, string? pageSize, string? continuationToken, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var fields = new RequestFields();
            var query = new OrchestrationQuery(
                fields.Status(status), PageSize: fields.WholeNumber("pageSize", pageSize, 1, MaxPageSize, DefaultPageSize),
                ContinuationToken: continuationToken);
            fields.Check();
            return ApiAnswers.Json(await reader.ListAsync(query, cancellationToken));
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
            return ApiAnswers.Json(await reader.ReadAsync(federation, most, cancellationToken));
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
        ControlAsync(id, reason, "terminated over HTTP", control.TerminateAsync, cancellationToken);

    /// <summary>Holds a federation before its next round.</summary>
    public Task<IResult> SuspendAsync(string id, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(id, reason, "suspended over HTTP", control.SuspendAsync, cancellationToken);

    /// <summary>Lets a suspended federation go on.</summary>
    public Task<IResult> ResumeAsync(string id, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(id, reason, "resumed over HTTP", control.ResumeAsync, cancellationToken);

    /// <summary>
    /// Starts a new federation from the parameters of a round of this one. The body has <c>round</c>, and the fields in which its spec
    /// differs.
    /// </summary>
    public Task<IResult> BranchAsync(string id, HttpRequest request, CancellationToken cancellationToken) => AnswerWhileRunningAsync(
        async cancel =>
        {
            var patience = ReadPatience(request);
            var parent = await reader.ReadSpecAsync(CheckId(id), cancel);
            var body = await RequestBody.ReadJsonAsync(request, options.MaxBodyBytes, cancel);
            var branch = intake.ReadBranch(body.Span, parent);
            var initial = await store.ReadAsync(await reader.FindModelAsync(parent.Id, branch.Round, cancel), cancel);
            try
            {
                return await LaunchAsync(branch.Spec, initial, patience, cancel, cancellationToken);
            }
            catch (InvalidSpecException exception)
            {
                throw new InvalidSpecException([.. exception.Errors.Select(branch.AsSent)]);
            }
            catch (FederationConflictException exception) when (exception.Differences.Count > 0)
            {
                throw new FederationConflictException(exception.Message, [.. exception.Differences.Select(BranchRequest.DifferenceAsSent)]);
            }
        },
        cancellationToken);

    /// <summary>Removes a federation that is over, with all its artifacts: 204.</summary>
    public Task<IResult> PurgeAsync(string id, CancellationToken cancellationToken) => AnswerAsync(
        async () =>
        {
            var federation = CheckId(id);
            await ActAsync(federation, () => control.PurgeAsync(federation, cancellationToken), cancellationToken);
            return TypedResults.NoContent();
        },
        cancellationToken);

    private static string CheckId(string id)
    {
        var fields = new RequestFields();
        fields.Id(id);
        fields.Check();
        return id;
    }

    private static RequestPatience ReadPatience(HttpRequest request)
    {
        var fields = new RequestFields();
        var patience = RequestPatience.Of(request, fields);
        fields.Check();
        return patience;
    }

    private ApiAnswer<FederationSummary> Accepted(FederationSummary federation) => new(StatusCodes.Status202Accepted, federation)
    {
        Location = options.Paths.Federation(federation.Id),
        RetryAfterSeconds = RetryAfterSeconds,
    };

    private Task<IResult> ControlAsync(
        string id, string? reason, string otherwise, Func<string, string, CancellationToken, Task> act, CancellationToken cancellationToken) =>
        AnswerAsync(
            async () =>
            {
                var fields = new RequestFields();
                var (federation, why) = (fields.Id(id), fields.Reason(reason, otherwise));
                fields.Check();
                await ActAsync(federation, () => act(federation, why, cancellationToken), cancellationToken);
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
    }

    /// <param name="spec">The spec, with an id.</param>
    /// <param name="initial">The parameters of a branch.</param>
    /// <param name="patience">How long its caller waits.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <param name="cancellationToken">The caller has gone. A launch takes milliseconds, and a host that stops finishes it.</param>
    private async Task<IResult> LaunchAsync(
        CheckedSpec spec, ReadOnlyMemory<byte>? initial, RequestPatience patience, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var launched = await launcher.AcceptAsync(spec, initial, cancellationToken);
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
        var began = time.GetTimestamp();
        while (federation.Status == OrchestrationRuntimeStatus.Pending && time.GetElapsedTime(began).TotalSeconds < patience.Seconds)
        {
            try
            {
                await Task.Delay(LookEvery, time, cancellationToken);
                federation = await reader.SummarizeAsync(federation.Id, cancellationToken);
            }
            catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
            {
                break; // it is accepted, which is what counts
            }
        }

        return federation;
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
