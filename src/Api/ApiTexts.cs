namespace FlDurable.Api;

/// <summary>What the document says of each call.</summary>
internal static class ApiTexts
{
    public const string Start =
        "Starts the federation of the spec in the body. Whoever comes first with an id owns it: the same id and spec again find the "
        + "federation that is there, another spec is a conflict. It is accepted once the spec is checked, and pending while its data is read and "
        + "partitioned; what only the data can tell is then its failure.";

    public const string List =
        "A page of federations, oldest first, or newest: all, or those that every filter leaves. Ask with the continuation token, and all else as before, "
        + "for the next page.";

    public const string Get = "A federation's state, its spec with every default, how far it is, and its newest rounds.";

    public const string Purge = "Removes a federation that is over, with all its artifacts. Its id is not given out again.";

    public const string PurgeMany =
        "Removes federations that are over, with all their artifacts, as a filter picks them: one is required. At most so many as pageSize says: "
        + "where more is true, the same request removes the next.";

    public const string Datasets =
        "The partitioned data of the host, each with what it takes up and how many federations use it: those of the same data and division share it. 409 on a host whose artifacts are in blob storage or of a "
        + "task hub, where others may use them too.";

    public const string RemoveDatasets =
        "Removes all partitioned data that no federation uses, or one data set if none uses that. A federation that begins meanwhile waits, and has what it needs. 409 while a command beside the host uses "
        + "data there, and on a host whose artifacts are in blob storage or of a task hub, where others may use them.";

    public const string Division =
        "How a federation's data is divided: each client with how many images it trains and validates on, and how many of them are of each class, as far as the host knows: not of data at sites, "
        + "nor of data that an earlier build divided. The first 1,000 clients. 404 until the data is prepared.";

    public const string Clients =
        "How a federation's clients did in its newest rounds: each with its seconds by round, and the rounds in which it was slow or missing. Those come first that are missing most often, "
        + "then those that are slow most often, or take longest; at most as many as asked for, of as many as clientCount says. Rounds of more than 10,000 clients are "
        + "only counted (roundsInParts).";

    public const string Rounds =
        "A page of a federation's recorded rounds in brief, oldest first, or newest, each with where its record is. Ask with the continuation token for the "
        + "next page; while the federation runs there will be more rounds.";

    public const string Round =
        "What happened in a round: metrics, and every client by name, also those that are missing, with the reason. Of more than 10,000 clients the record names parts, and a part the clients.";

    public const string RoundPart = "Some consecutive clients of a round whose record has parts, which are counted from 0 in their order.";

    public const string Model =
        "The final parameters, a safetensors file with the names of PyTorch's state_dict. The entity tag is the file's SHA-256. Ranges are "
        + "served.";

    public const string RoundModel = "The global parameters after a round, as the spec's retention keeps them; those of round 0 are the initial ones.";

    public const string Terminate = "Ends a federation as it is. Its recorded rounds are kept. One that is over stays as it is.";

    public const string Suspend = "Holds a federation before its next round; the round that is running is finished.";

    public const string Resume = "Lets a suspended federation go on.";

    public const string Retry =
        "Lets a federation that has failed go on after its last recorded round, under the same id and spec. What it had failed of stays among its past "
        + "failures. One that is on its way goes on as it does, so that this can be sent again; one that is completed or was terminated is refused.";

    public const string Branch =
        "Starts a new federation from the parameters that this one had after a round. The body has the round, and those fields of the spec "
        + "that differ. Without an id it gets one.";
}
