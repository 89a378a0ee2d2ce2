using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A client's place in the federation and its data.</summary>
/// <param name="Index">Its index, from 0: what its random streams are drawn by.</param>
/// <param name="Client">Its name.</param>
/// <param name="Data">Its images (<see cref="ImageExamples"/>): first those to train on, then those to validate on.</param>
/// <param name="TrainExamples">How many to train on.</param>
/// <param name="ValidationExamples">How many to validate on.</param>
/// <param name="State">
/// In a selection: what the client has kept of the last round that its update has entered; null where the strategy has it keep nothing, or it
/// has not been in one.
/// </param>
/// <param name="Site">
/// The site that has its data, and does its work; null where the host can read it. The data's reference then stands for what the site has, and
/// nobody can read it by that.
/// </param>
public sealed record ClientPartition(
    int Index, string Client, ArtifactReference Data, int TrainExamples, int ValidationExamples, ArtifactReference? State = null, string? Site = null);
