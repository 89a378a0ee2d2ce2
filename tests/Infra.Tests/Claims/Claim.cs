using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>Something that a deployment must be, which the compiler does not check.</summary>
/// <param name="What">The claim in words.</param>
/// <param name="Options">The deployment.</param>
/// <param name="Says">What the predicted resources say about it.</param>
/// <param name="Expected">What they must say.</param>
/// <param name="Broken">The change of the line that makes it so, after which the claim must not hold.</param>
internal sealed record Claim(string What, Options Options, Func<Deployment, string> Says, string Expected, Edit Broken);
