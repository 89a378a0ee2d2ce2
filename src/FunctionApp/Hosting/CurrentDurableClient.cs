using Microsoft.DurableTask.Client;

namespace FlDurable.FunctionApp.Hosting;

/// <summary>
/// The durable client of the call at hand. Functions binds one to a parameter of every call and keeps none among the services, where
/// launcher and API live as long as the app.
/// </summary>
public sealed class CurrentDurableClient
{
    private readonly AsyncLocal<DurableTaskClient?> current = new();

    /// <summary>The client.</summary>
    /// <exception cref="InvalidOperationException">The call has none.</exception>
    internal DurableTaskClient Client => current.Value ?? throw new InvalidOperationException("this call has no durable client bound to it");

    /// <summary>Has all that the caller goes on to do use a client.</summary>
    public void Use(DurableTaskClient client) => current.Value = client;
}
