namespace FlDurable.Worker;

/// <summary>The worker can't be started as it is, or can't go on: a person has to do something.</summary>
/// <param name="message">What is wrong, where, and what to do.</param>
/// <param name="innerException">What it comes from.</param>
public class WorkerException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The site's policy can't be read: nothing is allowed until it can, as when one that is being exchanged is whole.</summary>
/// <param name="cause">Why.</param>
internal sealed class UnreadablePolicyException(WorkerException cause) : WorkerException(cause.Message, cause);

/// <summary>The host knows no such key, or not any more.</summary>
/// <param name="message">What it says.</param>
public sealed class KeyRefusedException(string message) : Exception(message);

/// <summary>The lease is over: whatever comes of its work, nobody wants it.</summary>
public sealed class LeaseOverException() : Exception("the lease is over");

/// <summary>The host doesn't take what was sent, and will not if it is sent again.</summary>
/// <param name="message">Why.</param>
internal sealed class RequestRefusedException(string message) : Exception(message);

/// <summary>There was no answer, or none that a host gives: it is asked again.</summary>
/// <param name="message">What happened.</param>
/// <param name="innerException">What it comes from.</param>
public sealed class NoAnswerException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The site does not do a piece of work.</summary>
/// <param name="code">Why: one of <see cref="Shared.Work.WorkFailures"/>.</param>
/// <param name="number">A number that goes with it.</param>
/// <param name="innerException">What it comes from.</param>
internal sealed class WorkDeclinedException(string code, long? number = null, Exception? innerException = null) : Exception(code, innerException)
{
    public string Code { get; } = code;

    public long? Number { get; } = number;
}
