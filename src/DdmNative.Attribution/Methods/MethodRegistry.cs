using DdmNative.Attribution.Matching;
using DdmNative.Attribution.Online;

namespace DdmNative.Attribution.Methods;

/// <summary>All methods of attribution, by name: the one place where a new method is entered.</summary>
public static class MethodRegistry
{
    /// <summary>
    /// The method of a job that names none: of all that need no training data online, the one that is right at every size and length of
    /// training that was measured (docs/attribution-quality.md). Its parts fail in different ways: the features know what the last layer
    /// does, push reaches the layers below.
    /// </summary>
    public const string Default = "push+feature";

    /// <summary>
    /// The methods of a job that names none: <see cref="Default"/>, and <c>head</c>, which takes seconds and is an independent second
    /// opinion.
    /// </summary>
    public static IReadOnlyList<string> Defaults { get; } = [Default, "head"];

    private const char Plus = '+';

    /// <summary><c>ddm:mode=MODE</c> is another way to write a synset mode; <c>ddm</c> alone is the paper's replay.</summary>
    private const string Ddm = "ddm", DdmMode = "controlled-replay";

    /// <summary>All methods: on the synset, by partial and exact retraining, by effects; the floors last.</summary>
    public static IReadOnlyList<MethodDescription> All { get; } =
    [
        SynsetMethod.Describe(new Repair(), SynsetRecipe.Forward, 1, "repair (synset)",
            "a few steps from the target on the synset without the part, against a control with all of it"),
        SynsetMethod.Describe(new Replay(), SynsetRecipe.Replay, 2, "replay (synset)",
            "the last steps of training taken again on the synset, without the part"),
        SynsetMethod.Describe(new ControlledReplay(), SynsetRecipe.Phases, 2, "controlled replay (synset)",
            "the recorded training followed from a checkpoint on, with what the part's synset adds to each step taken out"),
        SynsetMethod.Describe(new Push(), SynsetRecipe.Forward, 4, "push (synset)",
            "the part's logits pushed along the target's residual, while the other parts hold their predictions"),
        SynsetMethod.Describe(new Forget(), SynsetRecipe.Reverse, 4, "forget (synset, the paper's form)",
            "steps on the part's reverse-matched synset: the paper's reverse gradient matching"),
        new("mask-regression", "a regression on models perturbed on the synset without random sets of parts", "Ye et al., CVPR 2024, Eq. 8",
            MaskedModels.From)
        {
            Granularities = [Granularity.Class, Granularity.Group],
        },
        FeatureMethod.Description,
        DepthMethod.Head,
        DepthMethod.Block,
        DepthMethod.Retrain,
        new("finetune", "the target trained on for a few epochs without the part", "a common approximation", Finetune.From),
        new("datamodel", "a regression on models trained without random halves of the parts", "Ilyas et al., ICML 2022", Datamodel.From),
        new("model-averaging", "the average of models trained on shards, except the part's shard", "Wortsman et al., ICML 2022 (averaging)",
            ModelAveraging.From),
        new("encoded-ensemble", "the members of an ensemble that never saw the part", "after Dai and Gifford, 2023", EncodedEnsemble.From),
        new("auto", "several methods, weighted by how well they predict a few models trained without random parts",
            "a combination", Auto.From)
        {
            NeedsGradients = true,
        },
        new("influence", "the nearby minimum without the part, by the curvature (cg or lissa)", "Koh and Liang, ICML 2017", Influence.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("ekfac", "the same, with Kronecker-factored curvature", "George et al., NeurIPS 2018; Grosse et al., 2023", Ekfac.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("trak", "a least-squares step in randomly projected gradients, over several models", "Park et al., ICML 2023", Trak.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("tracin", "the recorded steps on the part taken back, to first order", "Pruthi et al., NeurIPS 2020", TracIn.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("adjoint", "the derivative of the whole training by the part's weight", "after Ilyas and Engstrom, MAGIC, 2025", Adjoint.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("in-run-shapley", "the part's share of what each step of training did, first or second order", "Wang et al., ICLR 2025",
            InRunShapley.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("untrac", "the target after a few steps up the part's own loss", "Isonuma and Titov, ACL 2024", UnTrac.From)
        {
            Unit = "the objective's, its size that of the steps",
        },
        new("untrac-inv", "what of the part is forgotten with the objective", "Isonuma and Titov, ACL 2024", UnTracInv.From)
        {
            Unit = "nats of training loss", NeedsGradients = true, IsPerSample = true,
        },
        new("mirrored-influence", "one step up the objective, then the part's loss", "Ko et al., CVPR 2024", MirroredInfluence.From)
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("grad-dot", "one gradient step on the part, from the trained target", "Charpiat et al., NeurIPS 2019", _ => new GradDot())
        {
            NeedsGradients = true, IsPerSample = true,
        },
        new("grad-cos", "the angle between the part's and the objective's gradient", "Charpiat et al., NeurIPS 2019", _ => new GradCos())
        {
            Unit = "none (a cosine)", NeedsGradients = true, IsPerSample = true,
        },
        new("cg-score", "the complexity gap of the labels in a two-layer ReLU kernel, read as harm (a floor)", "Ki et al., ICLR 2023",
            CgScore.From)
        {
            Unit = "none", IsPerSample = true,
        },
        new("loss", "nothing: the part's own loss under the target, read as harm (a floor)", "a floor", _ => new LossFloor())
        {
            Unit = "none", IsPerSample = true,
        },
        new("random", "nothing: seeded noise (a floor)", "a floor", _ => new RandomFloor()) { Unit = "none", IsPerSample = true },
    ];

    /// <summary>How all methods are written, for messages.</summary>
    public static string Usage { get; } = string.Join(", ", All.Select(method => method.Usage))
        + $"; {Ddm}:mode=MODE; the mean of several that hand over models, {Default}; settings as NAME:key=value:key=value";

    /// <summary>What completion offers in place of a method.</summary>
    public static IReadOnlyList<string> Words { get; } = [Default, .. All.SelectMany(method => method.Words), Ddm];

    /// <summary>The names of the methods whose cost does not grow with the number of parts.</summary>
    public static IReadOnlyList<string> PerSample { get; } = [.. All.Where(method => method.IsPerSample).Select(method => method.Name)];

    /// <summary>How the methods that can make one model without several groups are written.</summary>
    public static string Unlearning { get; } = string.Join(", ", All.Where(method => method.CanUnlearn).Select(method => method.Usage));

    /// <summary>The methods that an option of <c>ddm attribute</c> names.</summary>
    public static IReadOnlyList<MethodDescription> NamedBy(string option) => [.. All.Where(method => method.Option == option)];

    /// <summary>How the methods that need only the model, and not its training, are written.</summary>
    public static string WithoutTraining => string.Join(", ", All
        .Where(method => method.Name is not "random" and not "loss" && !Create(method.Words[0]).NeedsTraining)
        .Select(method => method.Usage)) + ", trak:models=1";

    /// <summary>The description of the method that <c>NAME</c> or <c>NAME:key=value:…</c> names; null if there is none.</summary>
    public static MethodDescription? Find(string text)
    {
        string name = Expand(text).Split(':', 2)[0];
        return All.FirstOrDefault(method => method.Name == name || method.Aliases.Contains(name));
    }

    /// <summary>The description of a method that a checked job names.</summary>
    /// <exception cref="MethodRequestException">There is no such method.</exception>
    public static MethodDescription Describe(string text)
        => Find(text) ?? throw new MethodRequestException(
            $"There is no method '{text}'; choose {Usage}. `ddm attribute --list-methods` describes them.");

    /// <summary>The method of that name with those settings.</summary>
    /// <param name="text">As the user writes it.</param>
    /// <param name="matching">What a job says of all synsets.</param>
    /// <exception cref="MethodRequestException">There is no such method or setting; the message names those that there are.</exception>
    public static IAttributionMethod Create(string text, SynsetDefaults? matching = null)
    {
        MethodDescription description = Describe(text);
        var settings = new MethodSettings(Expand(text), description.MainSetting) { Matching = matching ?? new SynsetDefaults() };
        IAttributionMethod method = description.Create(settings);
        settings.RequireAllRead();
        return method;
    }

    /// <summary>Why the text names no method, or null where it does.</summary>
    public static string? Fault(string text)
    {
        try
        {
            foreach (string part in Parts(text))
                Create(part);
            return null;
        }
        catch (MethodRequestException e)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// The methods that a name stands for: of <c>A+B</c>, the mean of several methods' effects, the methods A and B; of every other name
    /// itself. Methods that hand over models can be averaged, exact retraining aside.
    /// </summary>
    public static IReadOnlyList<string> Parts(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        string[] parts = method.Split(Plus);
        return parts.Length > 1 && parts.All(part => HasModels(part) && !Find(part)!.IsExact) && parts.Distinct().Count() == parts.Length
            ? parts : [method];
    }

    /// <summary>The methods that these names stand for, each once.</summary>
    public static IReadOnlyList<string> Parts(IEnumerable<string> methods) => [.. methods.SelectMany(Parts).Distinct()];

    /// <summary>Whether it is the mean of several methods' effects, <c>A+B</c>.</summary>
    public static bool IsMean(string method) => Parts(method).Count > 1;

    /// <summary>Whether it is one method that hands over models.</summary>
    public static bool HasModels(string method) => Find(method) is { Kind: MethodKind.Models };

    /// <summary>Whether its effects are checked against a retraining of the last block. A mean of several methods is.</summary>
    public static bool IsChecked(string method) => IsMean(method) || Find(method) is { IsChecked: true };

    /// <summary>
    /// Whether a method gives the effects of such parts; the mean of several methods does where all of them do.
    /// </summary>
    /// <param name="method">The method, or a mean of several.</param>
    /// <param name="granularity">One of <see cref="Granularity.Names"/>.</param>
    public static bool Supports(string method, string granularity)
        => Parts(method).All(part => Find(part) is MethodDescription known && known.Granularities.Contains(granularity));

    /// <summary>The unit of a method's effects.</summary>
    public static string UnitOf(string method) => IsMean(method) ? MethodDescription.ObjectiveUnit : Describe(method).Unit;

    /// <summary>The name as part of a file's: <c>block:1</c> becomes <c>block-1</c>.</summary>
    public static string FileName(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return method.Replace(':', '-');
    }

    /// <summary>For people: what the method is.</summary>
    public static string Title(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (IsMean(method))
            return "mean of " + string.Join(" and ", Parts(method));
        if (method == Ddm)
            return "ddm (controlled replay on the synset)";
        if (Find(method) is not MethodDescription description || method.StartsWith(Ddm + ":", StringComparison.Ordinal))
            return method;
        if (description.TitleOf is Func<string, string> titled)
            return titled(method);
        if (method == description.Name)
            return description.Title;
        string settings = method[(description.Name.Length + 1)..];
        return description.TitleWith is Func<string, string> with
            && !settings.Contains('=', StringComparison.Ordinal) ? with(settings) : method;
    }

    /// <summary>Runs a method on a request, after its estimate has been compared with the available memory.</summary>
    /// <param name="text">The method as the user writes it.</param>
    /// <param name="context">The request.</param>
    /// <param name="onEstimate">Receives the estimate before the work begins.</param>
    /// <exception cref="InsufficientMemoryException">The memory does not suffice.</exception>
    /// <exception cref="MethodRequestException">The method cannot do what is asked for.</exception>
    public static Objectives.AttributionMatrix Attribute(string text, MethodContext context, Action<MemoryEstimate>? onEstimate = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        IAttributionMethod method = Create(text, context.Matching);
        MemoryEstimate estimate = method.Estimate(context);
        onEstimate?.Invoke(estimate);
        long limit = context.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (estimate.Bytes > limit)
        {
            throw new InsufficientMemoryException(
                $"Method '{text}' needs {estimate}; there are {limit / (1024.0 * 1024.0):F1} MiB. "
                + "Lower --wave, allow more with --memory, ask for fewer objectives or coarser parts, or choose a smaller network.");
        }

        return method.Attribute(context);
    }

    /// <summary><c>ddm:mode=MODE:…</c> as MODE with the other settings; every other text as it is.</summary>
    private static string Expand(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == Ddm)
            return DdmMode;
        if (!text.StartsWith(Ddm + ":", StringComparison.Ordinal))
            return text;
        string[] settings = text.Split(':')[1..];
        string mode = settings.LastOrDefault(setting => setting.StartsWith("mode=", StringComparison.Ordinal)) ?? "mode=" + DdmMode;
        return string.Join(':', settings.Where(setting => setting != mode).Prepend(mode["mode=".Length..]));
    }
}
