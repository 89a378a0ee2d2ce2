using FlDurable.FunctionApp.Adapters;
using Port = FlDurable.Orchestrator.Durable;

namespace FlDurable.FunctionApp.Tests.Adapters;

public sealed class RetryPoliciesTests
{
    [Fact]
    public void Without_a_policy_or_with_one_attempt_nothing_is_tried_again()
    {
        Assert.Null(((Port.RetryPolicy?)null).ToTaskOptions());
        Assert.Null(new Port.RetryPolicy(1, TimeSpan.Zero).ToTaskOptions());
    }

    [Fact]
    public void Without_a_longest_wait_there_is_none_in_Durable_Task_either()
    {
        var policy = new Port.RetryPolicy(10, TimeSpan.FromHours(1), 2).ToTaskOptions()!.Retry!.Policy!;
        Assert.Equal(Timeout.InfiniteTimeSpan, policy.MaxRetryInterval);
    }

    [Fact]
    public void What_only_Durable_Task_refuses_is_made_to_fit()
    {
        var atOnce = new Port.RetryPolicy(2, TimeSpan.Zero).ToTaskOptions()!.Retry!.Policy!;
        Assert.Equal(TimeSpan.FromMilliseconds(1), atOnce.FirstRetryInterval);
        var capped = new Port.RetryPolicy(3, TimeSpan.FromSeconds(9), 2, TimeSpan.FromSeconds(4)).ToTaskOptions()!.Retry!.Policy!;
        Assert.Equal((TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4)), (capped.FirstRetryInterval, capped.MaxRetryInterval));
    }

    [Fact]
    public void A_policy_without_an_attempt_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Port.RetryPolicy(0, TimeSpan.FromSeconds(1)).ToTaskOptions());
}
