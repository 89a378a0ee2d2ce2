using FlDurable.Infra.Tests.Support;
using static FlDurable.Infra.Tests.Claims.ResourceTypes;

namespace FlDurable.Infra.Tests.Claims;

/// <summary>The worker pool, and that there is none unless it is asked for.</summary>
internal static class WorkerPoolClaims
{
    private const string Template = "modules/workerPool.bicep";
    private const string Scale = "properties.template.scale.";
    private const string Rule = $"{Scale}rules.0.custom.";
    private const string Container = "properties.template.containers.0.";

    public static IEnumerable<Claim> All =>
    [
        new("dev has no workers", Options.Dev, d => d.Names(Worker) + d.Names(ResourceTypes.Environment), "",
            new("main.bicep", "param workerPool WorkerPool?", "param workerPool WorkerPool = { image: 'x', profile: 'Consumption', maxReplicas: 1 }")),
        new("dev has one identity", Options.Dev, d => d.Names(Identity), "id-fldurable-dev",
            new("main.bicep", "workerIdentity 'modules/identity.bicep' = if (workerPool != null)", "workerIdentity 'modules/identity.bicep' = if (workerPool == null)")),
        new("there is a queue each for work and results", Options.Full, d => d.Names(Queue), "training, training-results",
            new("main.bicep", "[queues.training, queues.results]", "[queues.training]")),
        new("without workers no function waits for them", Options.Dev, d => d.Says(AppSettings, "appsettings", "properties.AzureWebJobs__TellWork__Disabled"), "true",
            new("main.bicep", "{ AzureWebJobs__TellWork__Disabled: 'true' }", "{}")),
        new("no worker runs while there is no work", Options.Full, d => d.Says(Worker, $"{Scale}minReplicas"), "0",
            new(Template, "minReplicas: 0", "minReplicas: 1")),
        new("workers are bounded", Options.Full, d => d.Says(Worker, $"{Scale}maxReplicas"), "4",
            new(Template, "maxReplicas: pool.maxReplicas", "maxReplicas: 300")),
        new("workers scale by a storage queue", Options.Full, d => d.Says(Worker, $"{Rule}type"), "azure-queue",
            new(Template, "type: 'azure-queue'", "type: 'azure-servicebus'")),
        new("workers scale by the queue of work", Options.Full, d => d.Says(Worker, $"{Rule}metadata.queueName"), "training",
            new(Template, "queueName: trainingQueue", "queueName: resultsQueue")),
        new("workers scale by the account's queue", Options.Full, d => $"{d.Says(Worker, $"{Rule}metadata.accountName") == d.Says(Account, "name")}", "True",
            new(Template, "accountName: account.name", "accountName: name")),
        new("a message is a worker", Options.Full, d => d.Says(Worker, $"{Rule}metadata.queueLength"), "1",
            new(Template, "queueLength: '1'", "queueLength: '100'")),
        new("a worker at work is counted", Options.Full, d => d.Says(Worker, $"{Rule}metadata.queueLengthStrategy"), "all",
            new(Template, "queueLengthStrategy: 'all'", "queueLengthStrategy: 'visibleonly'")),
        new("the scale rule signs in by identity", Options.Full, d => d.Says(Worker, $"{Rule}identity").Split('/')[^1], "id-fldurable-worker-full",
            new(Template, "              identity: identity.id\n", "")),
        new("workers have the GPU that was asked for", Options.Full,
            d => d.Says(ResourceTypes.Environment, "properties.workloadProfiles.1.workloadProfileType"), "Consumption-GPU-NC8as-T4",
            new(Template, "workloadProfileType: pool.profile", "workloadProfileType: 'D4'")),
        new("workers run where the GPU is", Options.Full, d => d.Says(Worker, "properties.workloadProfileName"), "gpu",
            new(Template, "workloadProfileName: gpu ? 'gpu' : 'Consumption'", "workloadProfileName: 'Consumption'")),
        new("a worker has the whole machine of the GPU", Options.Full, d => $"{d.Says(Worker, $"{Container}resources.cpu")} {d.Says(Worker, $"{Container}resources.memory")}", "8 56Gi",
            new(Template, "'Consumption-GPU-NC8as-T4': { cpu: 8, memory: '56Gi' }", "'Consumption-GPU-NC8as-T4': { cpu: 4, memory: '28Gi' }")),
        new("without a GPU no profile is paid for", Options.Workers, d => d.Says(ResourceTypes.Environment, "properties.workloadProfiles.1"), Deployment.Nothing,
            new(Template, "gpu ? [{ name: 'gpu'", "!gpu ? [{ name: 'gpu'")),
        new("without a GPU workers run on cores", Options.Workers, d => $"{d.Says(Worker, "properties.workloadProfileName")} {d.Says(Worker, $"{Container}resources.cpu")}", "Consumption 4",
            new(Template, "Consumption: { cpu: 4, memory: '8Gi' }", "Consumption: { cpu: 2, memory: '4Gi' }")),
        new("a private registry is opened by identity", Options.Full, d => d.Says(Worker, "properties.configuration.registries.0.identity").Split('/')[^1], "id-fldurable-worker-full",
            new(Template, "server: pool.registryServer!, identity: identity.id", "server: pool.registryServer!, username: 'x'")),
        new("a public image needs no registry", Options.Workers, d => d.Says(Worker, "properties.configuration.registries"), "[]",
            new(Template, "empty(pool.?registryServer) ? []", "empty(pool.?registryServer) ? [{ server: 'docker.io' }]")),
        new("a worker that is ended may finish", Options.Full, d => d.Says(Worker, "properties.template.terminationGracePeriodSeconds"), "600",
            new(Template, "terminationGracePeriodSeconds: 600", "terminationGracePeriodSeconds: 30")),
        new("a worker without answers is started anew", Options.Full, d => d.Says(Worker, $"{Container}probes.0.httpGet.path"), "/health/ready",
            new(Template, "path: '/health/ready'", "path: '/health/live'")),
        new("a worker is asked where it listens", Options.Full,
            d => $"{d.Says(Worker, $"{Container}args.0")} {d.Says(Worker, $"{Container}args.1")} {d.Says(Worker, $"{Container}probes.0.httpGet.port")}", "--listen http://*:8080 8080",
            new(Template, "port: 8080", "port: 80")),
        new("workers find artifacts", Options.Full, d => Variable(d, "FLDURABLE_STORAGE").Split(".primaryEndpoints.")[^1], "blob,'fldurable')]",
            new(Template, "'${account.properties.primaryEndpoints.blob}${artifactContainer}'", "'${account.properties.primaryEndpoints.blob}'")),
        new("workers find queues", Options.Full, d => Variable(d, "FLDURABLE_QUEUES").Split(".primaryEndpoints.")[^1], "queue]",
            new(Template, "account.properties.primaryEndpoints.queue", "account.properties.primaryEndpoints.table")),
        new("workers sign in with their identity", Options.Full,
            d => Variable(d, "AZURE_CLIENT_ID").Split("userAssignedIdentities/")[^1], "id-fldurable-worker-full','2024-11-30').clientId]",
            new(Template, "{ name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }", "{ name: 'AZURE_CLIENT_ID', value: identity.properties.principalId }")),
        new("workers sign in with nothing else", Options.Full, d => Variable(d, "AZURE_TOKEN_CREDENTIALS"), "ManagedIdentityCredential",
            new(Template, "value: 'ManagedIdentityCredential'", "value: 'dev'")),
        new("the app finds the queues", Options.Full, d => d.Says(AppSettings, "appsettings", "properties.FLDURABLE_QUEUES").Split('\'')[1], "https://{0}.queue.{1}/",
            new("main.bicep", "'https://${names.storage}.queue.", "'https://${names.storage}.blob.")),
        new("logs need no key", Options.Full, d => d.Says(ResourceTypes.Environment, "properties.appLogsConfiguration.destination"), "azure-monitor",
            new(Template, "destination: 'azure-monitor'", "destination: 'log-analytics'")),
        new("logs go to the workspace", Options.Full, d => $"{d.Says(Diagnostics, "properties.workspaceId").Split('/')[^1]} {d.Says(Diagnostics, "properties.logs.0.enabled")}", "log-fldurable-full true",
            new(Template, "categoryGroup: 'allLogs', enabled: true", "categoryGroup: 'allLogs', enabled: false")),
    ];

    private static string Variable(Deployment deployment, string name) => deployment.All(Worker)
        .SelectMany(worker => worker["properties"]!["template"]!["containers"]![0]!["env"]!.AsArray())
        .Where(variable => (string)variable!["name"]! == name)
        .Select(variable => ((string)variable!["value"]!).Replace(" ", "", StringComparison.Ordinal)).Single();
}
