namespace FlDurable.Shared.Specs;

/// <summary>The rules of a host's own by which training options go from round to round.</summary>
/// <param name="schedules">All that the host has added.</param>
/// <exception cref="ArgumentException">Two have one name, or a name is none.</exception>
internal sealed class ScheduleRegistry(params IEnumerable<ISchedule> schedules) : ISpecAlternatives
{
    private readonly IReadOnlyList<ISchedule> schedules =
        [.. NamedParts.ByName("schedule", schedules, schedule => schedule.Name).Values.OrderBy(schedule => schedule.Name, StringComparer.Ordinal)];

    string ISpecAlternatives.Field => SpecRows.OwnSchedules;

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives => [.. schedules.Select(schedule => new SpecAlternative(schedule.Name) { Schedule = schedule })];
}
