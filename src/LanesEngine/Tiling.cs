using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>Something that is computed tile by tile.</summary>
internal interface ITileKernel
{
    /// <summary>Computes the tiles whose first row and column are given.</summary>
    void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount;
}

/// <summary>Cuts rows and columns into tiles: as few as will do, of sizes as equal as can be.</summary>
internal static class Tiling
{
    /// <summary>Most rows of a tile.</summary>
    private const int MostRows = 6;

    /// <summary>Most columns of a tile.</summary>
    private const int MostColumns = 4;

    /// <summary>
    /// The columns, where they may be chosen, beside which the most sums find a register: 4 beside 6 rows in 32, 2 beside 6 rows in 16.
    /// </summary>
    public static int BestColumns<TLanes>()
        where TLanes : struct, ILanes<TLanes> => TLanes.Registers / 8;

    /// <summary>Runs a kernel over all rows and columns.</summary>
    public static void Cover<TLanes, TKernel>(in TKernel kernel, int rows, int columns)
        where TLanes : struct, ILanes<TLanes>
        where TKernel : struct, ITileKernel
    {
        for (var column = 0; column < columns;)
        {
            var width = NextBlock(columns - column, MostColumns);
            for (var row = 0; row < rows;)
            {
                var height = NextBlock(rows - row, RowsBeside<TLanes>(width));
                Run(kernel, row, height, column, width);
                row += height;
            }

            column += width;
        }
    }

    /// <summary>The size of the next of as few and as equal blocks as will do.</summary>
    public static int NextBlock(int rest, int most)
    {
        var blocks = (rest + most - 1) / most;
        return (rest + blocks - 1) / blocks;
    }

    /// <summary>Most rows beside so many columns: as many as leave a register for each of the shorter side and one of the longer.</summary>
    private static int RowsBeside<TLanes>(int columns)
        where TLanes : struct, ILanes<TLanes>
    {
        var rows = MostRows;
        while (rows * columns + Math.Min(rows, columns) + 1 > TLanes.Registers)
            rows--;
        return rows;
    }

    private static void Run<TKernel>(in TKernel kernel, int row, int rows, int column, int columns)
        where TKernel : struct, ITileKernel
    {
        switch (rows)
        {
            case 1: Run<TKernel, One>(kernel, row, column, columns); break;
            case 2: Run<TKernel, Two>(kernel, row, column, columns); break;
            case 3: Run<TKernel, Three>(kernel, row, column, columns); break;
            case 4: Run<TKernel, Four>(kernel, row, column, columns); break;
            case 5: Run<TKernel, Five>(kernel, row, column, columns); break;
            case 6: Run<TKernel, Six>(kernel, row, column, columns); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows), rows, "no tile has so many rows");
        }
    }

    private static void Run<TKernel, TRows>(in TKernel kernel, int row, int column, int columns)
        where TKernel : struct, ITileKernel
        where TRows : struct, ICount
    {
        switch (columns)
        {
            case 1: kernel.Run<TRows, One>(row, column); break;
            case 2: kernel.Run<TRows, Two>(row, column); break;
            case 3: kernel.Run<TRows, Three>(row, column); break;
            case 4: kernel.Run<TRows, Four>(row, column); break;
            default: throw new ArgumentOutOfRangeException(nameof(columns), columns, "no tile has so many columns");
        }
    }
}
