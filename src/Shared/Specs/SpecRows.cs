using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Notifications;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Specs;

/// <summary>What is written of a field of <see cref="FederationSpec"/>: the field, and what it and others ask of each other.</summary>
internal sealed record SpecRow(SpecField Field)
{
    /// <summary>The fields that <see cref="Expected"/> looks at besides.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>What is expected of the field in view of the others; null if it fits them.</summary>
    public Func<FederationSpec, string?>? Expected { get; init; }
}

/// <summary>Every field of <see cref="FederationSpec"/>, in its order.</summary>
internal static class SpecRows
{
    /// <summary>What names of data sets are registered for.</summary>
    public const string OwnData = "data";

    /// <summary>What names of metrics are registered for.</summary>
    public const string OwnMetrics = "metric";

    /// <summary>What names of rules of schedules are registered for.</summary>
    public const string OwnSchedules = "schedule";

    /// <summary>What names of clients' metrics are registered for.</summary>
    public const string OwnClientMetrics = "clientMetric";

    /// <summary>The words of the field <c>optimizer</c>.</summary>
    public static readonly IReadOnlyList<string> Optimizers = ["adam", "sgd"];

    private const int Million = 1_000_000;
    private const int MaxColumns = 10_000;
    private const string UpToAll = "1 to the number of clients";

    private static readonly TextForm ColumnForm = new("a column's name of 1 to 200 characters", text => text.Length is >= 1 and <= 200) { Pattern = "^.{1,200}$", MostCharacters = 200 };

    private static readonly string OnRequest = string.Join('|', MeasuredMetric.OnRequest);

    private static readonly string[] Measuring = ["metrics", "centralEvaluation", "fractionEvaluate", "validationFraction"];

    /// <summary>The rows.</summary>
    /// <param name="alternatives">What there is to name, by field.</param>
    public static IEnumerable<SpecRow> All(Func<string, IReadOnlyList<SpecAlternative>> alternatives)
    {
        IReadOnlyList<string> measured = [.. MeasuredMetric.Names, .. MeasuredMetric.OnRequest.Concat(Names(OwnMetrics)).Distinct().Select(MeasuredMetric.OfOwn)];
        yield return new(new TextField("id", "The federation's name.")
        {
            Form = new TextForm(ArtifactNames.IdRule, ArtifactNames.IsId) { Pattern = ArtifactNames.IdPattern, MostCharacters = ArtifactNames.MaxIdLength },
            Example = "ID",
            DefaultMeaning = "made of the time",
        });
        yield return new(new NetworkField("network", "The network (docs/networks.md); its input and its classes follow the data.", Names("network")));
        yield return new(new TextField("data", $"The images, or a table of numbers (docs/data.md): cifar10, synthetic, synthetic:train=N,test=N,seed=N, {string.Concat(Names(OwnData).Select(name => $"{name}, "))}a folder or archive of the host, if it allows that, or sites:NAME,NAME for what sites (docs/sites.md) have.")
        {
            Example = "SOURCE",
            DefaultMeaning = "CIFAR-10 if it is here or can be downloaded, else synthetic",
        })
        {
            Expected = spec => SiteData.IsWellFormed(spec.Data) ? null : SiteData.Form,
        };
        yield return new(new TextField("resize", "The size that every image gets, by an antialiased bilinear filter; as they are where it is not given, which must be all of one size.")
        {
            Form = new TextForm(DatasetRequest.ResizeForm, text => DatasetRequest.TryParseResize(text, out _, out _)) { Pattern = "^[1-9][0-9]{0,3}x[1-9][0-9]{0,3}$" },
            Example = "WxH",
            DefaultMeaning = "none",
        });
        yield return new(new NumberField("testFraction", "The share of each class's images that becomes the test set, for image files in class folders that are not divided into train and test.", new NumberRange(0, 1) { IsAboveLeast = true, IsBelowMost = true })
        {
            DefaultMeaning = "none",
        });
        yield return new(new WordField("links", "Which symbolic links in a folder of data are followed: those that lead to what is in the folder.", [DatasetRequest.LinksWithin]) { DefaultMeaning = "none: they are refused" });
        yield return new(new TextField("imageColumn", "The column of a Parquet file that has the images.")
        {
            Form = ColumnForm,
            Example = "COLUMN",
            DefaultMeaning = "the one that has images by its type",
        })
        {
            DependsOn = ["data"],
            Expected = spec => spec.ImageColumn is null || HasColumns(spec.Data) ? null : "none where data isn't parquet:PATH",
        };
        yield return new(new TextField("labelColumn", "The column of a Parquet file or a table that has the labels.")
        {
            Form = ColumnForm,
            Example = "COLUMN",
            DefaultMeaning = "the first of label, labels, fine_label, character and coarse_label that there is; of a table label, labels, target, class or y",
        })
        {
            DependsOn = ["data"],
            Expected = spec => spec.LabelColumn is null || HasColumns(spec.Data) || IsTable(spec.Data) ? null : "none where data isn't parquet:PATH or table:PATH",
        };
        yield return new(new TextField("columns", "The columns of a table that are learnt from.")
        {
            Form = new TextForm(ColumnNames.Form, text => text.Length <= MaxColumns && ColumnNames.In(text) is not null) { Pattern = "^.+$", MostCharacters = MaxColumns },
            Example = "NAME,NAME",
            IsList = true,
            DefaultMeaning = "all but the labels'",
        })
        {
            DependsOn = ["data"],
            Expected = spec => spec.Columns is null || IsTable(spec.Data) ? null : "none where data isn't table:PATH",
        };
        yield return new(new WordField("missing", "What stands for a number that is missing in a table: the mean of its column.", [DatasetRequest.MissingMean]) { DefaultMeaning = "nothing: it is refused" })
        {
            DependsOn = ["data"],
            Expected = spec => spec.Missing is null || IsTable(spec.Data) ? null : "none where data isn't table:PATH",
        };
        yield return new(new ChoiceField("partitioner", "How the training images are divided among the clients.", alternatives("partitioner")));
        yield return new(new WholeNumberField("clients", "The number of clients.", 1, Million) { DefaultMeaning = "10, or as many as there are sites" })
        {
            DependsOn = ["data"],
            Expected = spec => spec.Sites() is not { Count: > 0 } sites || spec.Clients == sites.Count ? null : FormattableString.Invariant($"the number of sites in data, {sites.Count}"),
        };
        yield return new(new NumberField("validationFraction", "The share of its images that a client keeps for its own evaluation.", new NumberRange(0, 1) { IsBelowMost = true }));
        yield return new(new WholeNumberField("rounds", "The number of rounds.", 1, Million));
        IReadOnlyList<ISchedule> rules = [.. alternatives(OwnSchedules).Select(alternative => alternative.Schedule).OfType<ISchedule>()];
        yield return Scheduled(rules, new WholeNumberField("epochs", "Epochs of local training in a round.", 1, 1_000), spec => spec.Epochs);
        yield return Scheduled(rules, new WholeNumberField("batchSize", "Images a mini-batch.", 1, 4_096), spec => spec.BatchSize);
        yield return new(new WordField("optimizer", "The clients' optimizer, with PyTorch's defaults and fresh in each round.", Optimizers));
        yield return Scheduled(
            rules, new NumberField("learningRate", "The optimizer's step size.", new NumberRange(0, 100) { IsAboveLeast = true }) { IsSingle = true }, spec => spec.LearningRate);
        yield return Scheduled(
            rules, new NumberField("momentum", "SGD's momentum; adam has none.", new NumberRange(0, 1) { IsBelowMost = true }) { IsSingle = true }, spec => spec.Momentum,
            ["optimizer"], spec => spec.Momentum == 0 || spec.Optimizer != "adam" ? null : "0 with optimizer adam, which has none");
        yield return Scheduled(
            rules, new NumberField("weightDecay", "L2 penalty added to the gradient.", new NumberRange(0, 1)) { IsSingle = true }, spec => spec.WeightDecay);
        yield return new(new AugmentationField("augmentation", "How clients change each image anew in each epoch of training (docs/data.md).")
        {
            DefaultMeaning = "none",
        });
        yield return new(new NormalizationField("normalization", "What becomes of pixels before the network takes them, in training and evaluation: (value/255 − mean) / std (docs/data.md).")
        {
            DefaultMeaning = "0.5 and 0.5, which makes −1 to 1",
        });
        yield return new(new ChoiceField("strategy", "How updates are aggregated.", alternatives("strategy")));
        yield return new(new NumberField("fractionFit", "The share of clients that train in a round: max(⌊fraction · clients⌋, `minFitClients`).", new NumberRange(0, 1) { IsAboveLeast = true }));
        yield return new(new NumberField("fractionEvaluate", "The share of clients that evaluate the new global parameters on their own images, likewise; 0 is nobody.", new NumberRange(0, 1)));
        yield return UpToClients(new WholeNumberField("minFitClients", "At least so many clients train, whatever `fractionFit` says.", 1, Million) { Words = UpToAll }, spec => spec.MinFitClients);
        yield return UpToClients(
            new WholeNumberField("minEvaluateClients", "At least so many clients evaluate, whatever `fractionEvaluate` says, unless it is 0.", 1, Million)
            {
                Words = UpToAll,
                DefaultMeaning = "5, or all where there are fewer; 1 where `fractionEvaluate` is given",
            },
            spec => spec.MinEvaluateClients);
        yield return UpToClients(
            new WholeNumberField("minAvailableClients", "With fewer clients the federation does not start.", 1, Million)
            {
                Words = UpToAll,
                DefaultMeaning = "10, or all where there are fewer",
            },
            spec => spec.MinAvailableClients);
        yield return new(new ChoiceField("selection", "How those are chosen that train in a round (docs/federation.md).", alternatives("selection")));
        yield return new(new WholeNumberField("quorum", "A round with fewer updates has failed.", 1, Million)
        {
            Words = "1 to the updates that a round needs",
            DefaultMeaning = "half of the updates that a round needs, rounded up",
        })
        {
            DependsOn = ["clients", "fractionFit", "minFitClients"],
            Expected = spec => spec.Quorum <= spec.NeededUpdates(spec.Clients)
                ? null
                : FormattableString.Invariant($"1 to the updates that a round needs, {spec.NeededUpdates(spec.Clients)}"),
        };
        yield return new(new NumberField("overSelection", "Clients selected to train, as a multiple of those needed: with 1.3, 13 train where 10 are needed, and the first 10 count.", new NumberRange(1, 10)))
        {
            DependsOn = ["cohortSize"],
            Expected = spec => spec.OverSelection == 1 || spec.CohortSize <= 1 ? null : "1 with a cohortSize above 1",
        };
        yield return new(new NumberField("deadlineSeconds", "Seconds after which a round goes on with what has arrived, if that is a quorum, and then as many for the evaluations.", new NumberRange(0, 2_592_000) { IsAboveLeast = true })
        {
            DefaultMeaning = FormattableString.Invariant($"none; {FederationSpec.DeadlineSecondsElsewhere} where a client keeps its data elsewhere"),
        });
        yield return new(new NumberField("maxUpdateNorm", "An update farther (L2 norm) from the global parameters is its client's failure.", new NumberRange(0, double.PositiveInfinity) { IsAboveLeast = true })
        {
            DefaultMeaning = "none",
        });
        yield return new(new PrivacyField("privacy", "How clients' privacy is kept (docs/privacy.md): updates are clipped and noise is added, and each record says what (epsilon, delta) that has come to.")
        {
            DefaultMeaning = "none",
        })
        {
            DependsOn = ["clients", "fractionFit", "minFitClients", "selection", "overSelection", "quorum", "maxUpdateNorm"],
            Expected = spec => spec.Privacy is { } privacy ? PrivacyRules.Expected(spec, privacy) : null,
        };
        yield return new(new ChoiceField("attack", "What hostile clients do, for experiments with simulated clients (docs/strategies.md).", alternatives("attack")));
        yield return new(new TextField("availability", "Which simulated clients can be reached, for experiments with drop-outs: a list of their numbers for each round, which begins anew after its last. Who is chosen and can't be reached is the round's named failure.")
        {
            Form = new TextForm(Availability.Rule, text => Availability.TryParse(text) is not null) { Pattern = Availability.Pattern, MostCharacters = Availability.MaxLength },
            Example = "LISTS",
            DefaultMeaning = "all clients in all rounds",
        })
        {
            DependsOn = ["data", "clients"],
            Expected = spec => spec.Availability is null ? null
                : spec.Sites().Count > 0 ? "none where the data is at sites: it is for simulated clients"
                : Availability.TryParse(spec.Availability)!.LastClient is var last && last < spec.Clients ? null
                : FormattableString.Invariant($"numbers of clients from 0 to {spec.Clients - 1}"),
        };
        yield return new(new WholeNumberField("roundAttempts", "How often a round is tried; then the federation fails, and keeps its finished rounds.", 1, 10));
        yield return new(new FlagField("centralEvaluation", "Whether the global parameters are evaluated on the test set after each round.") { DefaultMeaning = "true; false where the data is at sites" })
        {
            DependsOn = ["data"],
            Expected = spec => spec.CentralEvaluation && spec.Sites().Count > 0 ? "false where the data is at sites: the host has no test set" : null,
        };
        yield return new(new TextField("metrics", "What is measured of the global parameters on the test set besides loss and accuracy (docs/federation.md).")
        {
            Form = new TextForm(
                $"names of {string.Join(", ", MeasuredMetric.OnRequest)}, each once, with a comma between",
                text => text.Split(',') is var names && names.All(name => MeasuredMetric.OnRequest.Contains(name)) && names.Distinct().Count() == names.Length)
            {
                Pattern = $"^({OnRequest})(,({OnRequest}))*$",
                MostCharacters = OnRequest.Length,
            },
            Example = "NAME,NAME",
            IsList = true,
            DefaultMeaning = "nothing",
        })
        {
            DependsOn = ["centralEvaluation"],
            Expected = spec => spec.Metrics is null || spec.CentralEvaluation ? null : "none where centralEvaluation is false",
        };
        yield return new(new WordField("keepBest", "The measure by which the best round's model is kept, whatever `retention` says (`export --best`).", measured)
        {
            DefaultMeaning = "none",
        })
        {
            DependsOn = Measuring,
            Expected = spec => spec.KeepBest is { } metric ? Measured(spec, metric, Names(OwnMetrics)) : null,
        };
        yield return new(new StopRuleField("stopWhen", "When the federation ends before its last round, as a completed one that says why.", measured)
        {
            DefaultMeaning = "never",
        })
        {
            DependsOn = Measuring,
            Expected = spec => spec.StopWhen is { } rule ? Measured(spec, rule.Metric, Names(OwnMetrics)) ?? Reachable(rule) : null,
        };
        yield return new(new WholeNumberField("cohortSize", "Clients that one activity handles; auto takes as many as make about a quarter of a second, and 1 where some are not waited for (`deadlineSeconds`, `overSelection`). It changes no bit of the result.", 1, SelectionTree.FanOut)
        {
            Word = CohortSizeJson.Auto,
        })
        {
            DependsOn = ["data"],
            Expected = spec => spec.CohortSize <= 1 || spec.Sites().Count == 0 ? null : "1 where the data is at sites, each of which does its own work",
        };
        yield return new(new PlacementField("placement", "Where clients' work is done, and how long it is waited for (docs/sites.md, docs/worker-pool.md).")
        {
            DefaultMeaning = "site where the data is at sites, else host",
        })
        {
            DependsOn = ["data", "privacy"],
            Expected = spec => spec.Placement is { } placement ? ExpectedOf(placement, spec) : null,
        };
        yield return new(new WholeNumberField("seed", "The seed of everything random.", 0, RandomStream.MaxSeed));
        yield return new(new TextField("retention", "Rounds whose global parameters are kept.")
        {
            Form = new TextForm("all, last:N or every:N with N from 1", text => RetentionPolicy.TryParse(text, out _)) { Pattern = "^(all|(last|every):0*[1-9][0-9]{0,8})$" },
            Example = "RULE",
        });
        yield return new(new WordField("engine", "The training engine (docs/engines.md); auto takes the fastest that knows the network.", ["auto", .. Names("engine")]));
        yield return new(new TextField("initial", "What to start from: a file of safetensors or of torch.save (docs/networks.md), or the round of a federation to branch from, federations/{id}/rounds/000003/global.safetensors; a branch has that federation's spec, but for what is given.")
        {
            Example = "FILE",
            DefaultMeaning = "drawn from the seed",
        });
        yield return new(new TextField("notify", "Who is told, by a signed request (docs/api.md), that the federation is over: an https URL.")
        {
            Form = new TextForm(NotificationUrl.Rule, NotificationUrl.IsOne) { Pattern = "^https?://[^\\s@#]+$", MostCharacters = NotificationUrl.MaxLength },
            Example = "URL",
            DefaultMeaning = "nobody",
        });

        IReadOnlyList<string> Names(string field) => [.. alternatives(field).Select(alternative => alternative.Name)];
    }

    private static bool IsTable(string? data) =>
        data is not null && (data.StartsWith(DatasetRequest.TablePrefix, StringComparison.Ordinal) || DatasetRequest.TableEndings.Any(ending => data.EndsWith(ending, StringComparison.OrdinalIgnoreCase)));

    private static bool HasColumns(string? data) => data?.StartsWith($"{ParquetSource.KindName}:", StringComparison.Ordinal) == true;

    private static string? Measured(FederationSpec spec, string metric, IEnumerable<string> own) => MeasuredMetric.WhyNot(spec, metric, own) is { } because
        ? $"a measure that there is ({because})"
        : null;

    private static string? ExpectedOf(PlacementOptions placement, FederationSpec spec)
    {
        var sites = spec.Sites().Count > 0;
        if (placement.IsAtSites != sites)
            return $"kind {(sites ? PlacementOptions.Site : $"{PlacementOptions.Host} or {PlacementOptions.Pool}")} where the data is at {(sites ? "sites" : "the host")}";
        if (!placement.IsInPool)
            return placement is { Fallback: null, QueueTimeoutSeconds: null } ? null : $"{PlacementField.FallbackName} and {PlacementField.QueueTimeoutName} with kind {PlacementOptions.Pool} alone";
        return spec.Privacy is { IsAtServer: false }
            ? $"kind {PlacementOptions.Host} where clients hide their updates (privacy.at): what they hide them with is given to no worker"
            : null;
    }

    private static string? Reachable(StopRule rule) => rule.Reaches > 1 && MeasuredMetric.IsAccuracy(rule.Metric)
        ? "an accuracy of 0 to 1 to reach"
        : null;

    private static SpecRow Scheduled(
        IReadOnlyList<ISchedule> rules, SpecField of, Func<FederationSpec, Schedule> value, IReadOnlyList<string>? dependsOn = null, Func<FederationSpec, string?>? expected = null)
    {
        var field = new ScheduleField(of) { Rules = rules };
        return new(field)
        {
            DependsOn = [.. dependsOn ?? [], "rounds"],
            Expected = spec => field.Expected(value(spec), spec.Rounds) ?? expected?.Invoke(spec),
        };
    }

    private static SpecRow UpToClients(WholeNumberField field, Func<FederationSpec, int> value) => new(field)
    {
        DependsOn = ["clients"],
        Expected = spec => value(spec) <= spec.Clients ? null : FormattableString.Invariant($"1 to the number of clients, {spec.Clients}"),
    };
}
