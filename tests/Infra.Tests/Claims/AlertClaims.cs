using FlDurable.Infra.Tests.Support;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>Who is woken, by what, and that nobody is unless it is asked for.</summary>
internal static class AlertClaims
{
    private const string Template = "modules/alerts.bicep";
    private const string Query = "properties.criteria.allOf.0.query";

    public static IEnumerable<Claim> All =>
    [
        new("without addresses there are no alerts", Options.Prod, d => d.Names(Alert) + d.Names(ActionGroup), "",
            new("main.bicep", "param alertEmails string[] = []", "param alertEmails string[] = ['night@example.org']")),
        new("alerts are about failures, standing still and clients", Options.Full, d => d.Names(Alert), "federation-failed, no-progress, clients-failing",
            new(Template, "name: 'no-progress'", "name: 'progress'")),
        new("everybody who is named is written to", Options.Full, d => Says(d, 0) + " " + Says(d, 1), "night@example.org day@example.org",
            new(Template, "emailAddress: email", "emailAddress: emails[0]")),
        new("a failed federation is found by the metric's own word", Options.Full, d => d.Says(Alert, "federation-failed", Query),
            "AppMetrics|whereName==\"fldurable.federations\"andtostring(Properties.status)==\"failed\"|summarizefailed=sum(Sum)|wherefailed>0",
            new(Template, "tostring(Properties.status) == \"failed\"", "tostring(Properties.status) == \"error\"")),
        new("standing still is also found where no activity ends any more", Options.Full, d => $"{d.Says(Alert, "no-progress", Query).Contains("activities>0", StringComparison.Ordinal)} {d.Says(Alert, "no-progress", Query).Contains("begun>coalesce(ended", StringComparison.Ordinal)}", "False True",
            new(Template, "begun > coalesce(ended", "recorded > coalesce(ended")),
        new("no fault sends telemetry without end", Options.Prod, d => d.Says(Workspace, "properties.workspaceCapping.dailyQuotaGb"), "5",
            new("modules/monitoring.bicep", "dailyQuotaGb: dailyQuotaGB", "dailyQuotaGb: -1")),
        new("one row of a query is an alert", Options.Full, d => d.Says(Alert, "properties.criteria.allOf.0.threshold"), "0",
            new(Template, "threshold: 0", "threshold: 1")),
    ];

    private static string Says(Deployment deployment, int person) => deployment.Says(ActionGroup, $"properties.emailReceivers.{person}.emailAddress");
}
