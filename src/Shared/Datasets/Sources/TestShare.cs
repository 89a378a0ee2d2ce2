using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>The share of each class that becomes the test set where examples are not divided: the same examples each time, on every machine.</summary>
internal static class TestShare
{
    /// <summary>Draws them.</summary>
    /// <param name="path">What messages call the data.</param>
    /// <param name="classes">For each class its name and its examples, in an order that depends on nothing but them.</param>
    /// <param name="fraction">The share of each class.</param>
    /// <param name="what">What messages call one of them.</param>
    /// <exception cref="DatasetException">A class has too few.</exception>
    public static IEnumerable<T> Draw<T>(string path, IEnumerable<(string Name, T[] Examples)> classes, double fraction, string what = "image")
    {
        var random = new RandomStream(0, RandomPurpose.TestImages);
        foreach (var (name, examples) in classes)
        {
            if (examples.Length < 2)
                throw new DatasetException($"{path}: class '{EntryName.Printable(name)}' has one {what}; expected two or more, to train and to test on");
            random.Shuffle(examples.AsSpan());
            var count = Math.Clamp((int)Math.Round((decimal)fraction * examples.Length, MidpointRounding.AwayFromZero), 1, examples.Length - 1);
            foreach (var example in examples.Take(count))
                yield return example;
        }
    }
}
