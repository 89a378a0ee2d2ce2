using System.Security.Cryptography;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Everything that decides the bytes of a partitioned data set. Its digest names the artifacts.</summary>
/// <param name="Version">The version of the partitioning code and of the artifacts' format.</param>
/// <param name="SourceSha256">The SHA-256 of the decoded images and labels.</param>
/// <param name="Partitioner">How the training images are divided, with every option.</param>
/// <param name="Clients">Among how many clients.</param>
/// <param name="ValidationFraction">The share of each client's images that it keeps for evaluation.</param>
/// <param name="Seed">The seed of the division.</param>
public sealed record DatasetRecipe(
    int Version, string SourceSha256, SpecChoice Partitioner, int Clients, double ValidationFraction, long Seed)
{
    /// <summary>The version that this build makes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The recipe that a spec asks for.</summary>
    public static DatasetRecipe Of(FederationSpec spec, string sourceSha256) =>
        new(CurrentVersion, sourceSha256, spec.Partitioner, spec.Clients, spec.ValidationFraction, spec.Seed);

    /// <summary>The SHA-256 of the recipe's JSON.</summary>
    public string Digest() => Convert.ToHexStringLower(SHA256.HashData(ContractJson.SerializeToUtf8(this)));
}
