using System.Security.Cryptography;
using FlDurable.Shared.Datasets.Sources;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class HashInOrderTests
{
    [Fact]
    public void Pieces_are_hashed_in_their_order_whichever_is_done_first()
    {
        var pieces = Enumerable.Range(0, 7).Select(index => new byte[index]).ToList();
        using var hash = new HashInOrder([9, 9], [.. pieces.Select(piece => piece.AsMemory())]);

        foreach (var index in (int[])[3, 0, 6, 1, 2, 5, 4])
        {
            pieces[index].AsSpan().Fill((byte)index);
            hash.IsDone(index);
        }

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([9, 9, .. pieces.SelectMany(piece => piece)])), hash.Sha256());
    }

    [Fact]
    public void A_piece_that_is_not_done_is_told()
    {
        using var hash = new HashInOrder([], [new byte[1], new byte[1], new byte[1]]);
        hash.IsDone(0);
        hash.IsDone(2);

        Assert.Contains("piece 1 of 3", Assert.Throws<InvalidOperationException>(hash.Sha256).Message, StringComparison.Ordinal);
    }
}
