using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;

namespace FlDurable.Shared.Storage;

/// <summary>The many ways in which the SDK says that something failed, in one sentence that holds no secret.</summary>
internal static class AzureFailure
{
    /// <summary>Whether the service, the network or the sign-in failed, rather than the caller or this program.</summary>
    public static bool Is(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or AuthenticationFailedException or IOException => true,
        InvalidDataException => true, // what arrived has not the MD5 that the service sent along
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // the SDK's own time limit
        AggregateException every => every.InnerExceptions.All(inner => Is(inner, cancellationToken)), // one a try
        _ => false,
    };

    /// <summary>What happened, and what to do about it where that is known.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        AggregateException every => $"{Describe(every.InnerExceptions[^1])} (tried {every.InnerExceptions.Count} times)",
        RequestFailedException { Status: 0 } unreachable => FirstLine(unreachable),
        RequestFailedException { ErrorCode: { } code } refused => $"{refused.Status} {code}: {Advice(code) ?? FirstLine(refused)}",
        RequestFailedException refused => $"{refused.Status}: {FirstLine(refused)}",
        AuthenticationFailedException => $"can't sign in: {FirstLine(exception)}",
        OperationCanceledException => "no answer in time",
        _ => FirstLine(exception),
    };

    private static string? Advice(string code) =>
        code == BlobErrorCode.AuthorizationPermissionMismatch
            ? "the identity needs the role Storage Blob Data Contributor on the container"
        : code == BlobErrorCode.AuthorizationFailure
            ? "the identity has no role here, or the account's firewall refuses this network"
        : code == BlobErrorCode.AuthenticationFailed
            ? "the key or signature isn't valid for the account, or this machine's clock is wrong"
        : code == "KeyBasedAuthenticationNotPermitted"
            ? "the account takes identities only: give its https URL instead of a connection string"
        : null;

    // What follows the first line are headers and the string to sign.
    private static string FirstLine(Exception exception) => exception.Message.Split('\n', 2)[0].TrimEnd('\r', ' ');
}
