namespace FlDurable.Shared.Specs;

/// <summary>
/// A rule of a host's own by which a training option goes from round to round, which specs name beside what the option begins with:
/// <c>{"initial":0.1,"rule":"halvings"}</c>. It is asked once, as the spec is read, and the spec then has the numbers: whoever trains, resumes or repeats needs none of its code.
/// </summary>
public interface ISchedule
{
    /// <summary>Its name, such as <c>halvings</c>.</summary>
    string Name { get; }

    /// <summary>The number of a round: a pure function of its arguments. Of whole-number options it is rounded to the nearest.</summary>
    /// <param name="round">The round, from 1; in <c>train-central</c> the epoch.</param>
    /// <param name="initial">What the spec begins with.</param>
    double In(int round, double initial);
}
