using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;
using FlDurable.Shared.Work;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace FlDurable.Api.Work;

/// <summary>How workers' requests are read and answered, those of sites and those of the pool.</summary>
internal static class WorkRequests
{
    /// <summary>The longest name that a worker says.</summary>
    public const int MostNameLength = 100;

    private const int MaxBodyBytes = 64 << 10;
    private const int MostWaitSeconds = 30;

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    public static bool IsLease(string lease) => lease.Length == 32 && !lease.AsSpan().ContainsAnyExcept(Hexadecimal);

    public static bool IsSha256(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(Hexadecimal);

    public static bool IsText(string text) => text.Length is > 0 and <= MostNameLength && !text.Any(ActingCharacters.Contains);

    public static void Expect([DoesNotReturnIf(false)] bool holds, string expected)
    {
        if (!holds)
            throw new UnsuitableBodyException(ProblemKind.Unreadable, expected);
    }

    /// <summary>Checks who asks.</summary>
    public static void CheckSpeaker(int protocol, string process)
    {
        Expect(protocol is >= 1 and <= WorkProtocol.Version, $"protocol: this host speaks 1 to {WorkProtocol.Version}, got {protocol}: use a worker of its release or an older one");
        Expect(IsLease(process), "process: expected 32 hexadecimal digits");
    }

    /// <summary>Checks who asks for work.</summary>
    public static void CheckAsker(int protocol, string process, string? request, int waitSeconds, WorkerCapabilities? can)
    {
        CheckSpeaker(protocol, process);
        Expect(request is null || IsLease(request), "request: expected 32 hexadecimal digits");
        Expect(waitSeconds is >= 0 and <= MostWaitSeconds, $"waitSeconds: expected 0 to {MostWaitSeconds}");
        foreach (var list in can is null ? [] : (IReadOnlyList<string>[])[can.Engines, can.Networks, can.Layers, can.Members, can.Packages])
            Expect(list.Count <= WorkerCapabilities.MostEntries && list.All(IsText), $"can: expected lists of at most {WorkerCapabilities.MostEntries} texts of 1 to {MostNameLength} characters");
    }

    /// <summary>What is said of a lease that is none.</summary>
    public static IResult Over() => ApiAnswers.Problem(WorkProblems.LeaseOver, "it is none of the worker's, has expired, or nobody waits for its work any more: stop, and send nothing");

    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadJsonAsync(request, MaxBodyBytes, cancellationToken);
        try
        {
            return ContractJson.Deserialize<T>(body.Span);
        }
        catch (JsonException exception)
        {
            throw new UnsuitableBodyException(ProblemKind.Unreadable, $"the body is not as this call takes it{(exception.Path is { } path ? $", at {Excerpt.Printable(path)}" : "")}");
        }
    }

    /// <summary>What a header brings, as JSON in Base64; null if it is not there.</summary>
    public static T? ReadHeader<T>(HttpRequest request, string header)
        where T : class
    {
        if (request.Headers[header] is not [{ } value])
            return null;
        try
        {
            return ContractJson.Deserialize<T>(Convert.FromBase64String(value));
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw new UnsuitableBodyException(ProblemKind.Unreadable, $"{header}: expected JSON as this call takes it, in Base64");
        }
    }

    /// <summary>A host that stops answers whoever waits for work: there is none.</summary>
    public static async Task<IResult> AnswerAsync(
        this ApiFailures failures, HttpContext http, IHostApplicationLifetime host, Func<CancellationToken, Task<IResult>> answer)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        try
        {
            return await answer(either.Token);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            return failures.Answer(exception);
        }
    }
}
