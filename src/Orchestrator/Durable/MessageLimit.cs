using System.Text;
using FlDurable.Shared.Json;

namespace FlDurable.Orchestrator.Durable;

/// <summary>
/// Keeps messages within <see cref="IOrchestrationContext.MaxMessageBytes"/>, in every engine and where they are made: what is larger
/// travels as an artifact.
/// </summary>
public static class MessageLimit
{
    /// <summary>Writes a message as JSON.</summary>
    /// <param name="what">What it is, for the exception: <c>the input of activity 'TrainClient'</c>.</param>
    /// <param name="message">The message.</param>
    /// <exception cref="MessageTooLargeException">It is over the limit.</exception>
    public static string Serialize<T>(string what, T message) => Check(what, ContractJson.Serialize(message));

    /// <summary>Lets a message through that is JSON already.</summary>
    /// <param name="what">What it is, for the exception.</param>
    /// <param name="json">The message.</param>
    /// <exception cref="MessageTooLargeException">It is over the limit.</exception>
    public static string Check(string what, string json)
    {
        var bytes = Encoding.UTF8.GetByteCount(json);
        return bytes <= IOrchestrationContext.MaxMessageBytes ? json : throw new MessageTooLargeException(what, bytes);
    }
}

/// <summary>A message is over the limit.</summary>
/// <param name="what">What it is.</param>
/// <param name="bytes">How long it is, as UTF-8 JSON.</param>
public sealed class MessageTooLargeException(string what, int bytes) : Exception(
    $"{what} is {bytes:N0} bytes long; a message may have {IOrchestrationContext.MaxMessageBytes:N0}: write an artifact and send its reference");
