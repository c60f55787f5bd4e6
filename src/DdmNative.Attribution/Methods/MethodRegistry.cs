namespace DdmNative.Attribution.Methods;

/// <summary>What there is to know of a method before it is asked.</summary>
/// <param name="Name">As the user writes it.</param>
/// <param name="Summary">One line: what "without the part" is to it.</param>
/// <param name="Source">The paper.</param>
/// <param name="Unit">The unit of its effects; "the objective's" where it predicts F(with) − F(without) itself.</param>
/// <param name="NeedsGradients">Whether objectives must have a gradient, which accuracy has not.</param>
/// <param name="Create">Makes it from its settings.</param>
public sealed record MethodDescription(string Name, string Summary, string Source, string Unit, bool NeedsGradients, Func<MethodSettings, IAttributionMethod> Create)
{
    internal const string ObjectiveUnit = "the objective's";

    /// <summary>The settings and their defaults, as <c>key=value</c>.</summary>
    public IReadOnlyList<string> Settings
    {
        get
        {
            var settings = new MethodSettings(Name);
            Create(settings);
            return settings.Known;
        }
    }
}

/// <summary>All methods of attribution, by name: the one place that a new method is entered.</summary>
public static class MethodRegistry
{
    private const string Objectives = MethodDescription.ObjectiveUnit;

    /// <summary>All methods, what they take for truth first, the floors last.</summary>
    public static IReadOnlyList<MethodDescription> All { get; } =
    [
        new("ddm", "the target perturbed on the distilled synset, forward- or reverse-matched (mode=forget)", "Ye et al., CVPR 2024", Objectives, false, DdmMethod.From),
        new("retrain", "the whole training again: same start, same order, the part's samples dropped", "the definition", Objectives, false, _ => new Retrain()),
        new("finetune", "the target trained on for a few epochs without the part", "a common approximation", Objectives, false, Finetune.From),
        new("datamodel", "a regression on models trained without random halves of the parts", "Ilyas et al., ICML 2022", Objectives, false, Datamodel.From),
        new("model-averaging", "the average of models trained on shards, but for the part's shard", "Wortsman et al., ICML 2022 (averaging)", Objectives, false, ModelAveraging.From),
        new("encoded-ensemble", "the members of an ensemble that never saw the part", "after Dai and Gifford, 2023", Objectives, false, EncodedEnsemble.From),
        new("influence", "the nearby minimum without the part, by the curvature (cg or lissa)", "Koh and Liang, ICML 2017", Objectives, true, Influence.From),
        new("ekfac", "the same, with Kronecker-factored curvature", "George et al., NeurIPS 2018; Grosse et al., 2023", Objectives, true, Ekfac.From),
        new("trak", "a least-squares step in randomly projected gradients, over several models", "Park et al., ICML 2023", Objectives, true, Trak.From),
        new("tracin", "the recorded steps on the part taken back, to first order", "Pruthi et al., NeurIPS 2020", Objectives, true, TracIn.From),
        new("in-run-shapley", "the part's share of what each step of training did, first or second order", "Wang et al., ICLR 2025", Objectives, true, InRunShapley.From),
        new("untrac", "the target after a few steps up the part's own loss", "Isonuma and Titov, ACL 2024", "the objective's, its size that of the steps", false, UnTrac.From),
        new("untrac-inv", "what of the part is forgotten with the objective", "Isonuma and Titov, ACL 2024", "nats of training loss", true, UnTracInv.From),
        new("mirrored-influence", "one step up the objective, then the part's loss", "Ko et al., CVPR 2024", Objectives, true, MirroredInfluence.From),
        new("grad-dot", "one gradient step on the part, from the trained target", "Charpiat et al., NeurIPS 2019", Objectives, true, _ => new GradDot()),
        new("grad-cos", "the angle between the part's and the objective's gradient", "Charpiat et al., NeurIPS 2019", "none (a cosine)", true, _ => new GradCos()),
        new("cg-score", "the complexity gap of the labels in a two-layer ReLU kernel, read as harm (a floor)", "Ki et al., ICLR 2023", "none", false, CgScore.From),
        new("loss", "nothing: the part's own loss under the target, read as harm (a floor)", "a floor", "none", false, _ => new LossFloor()),
        new("random", "nothing: seeded noise (a floor)", "a floor", "none", false, _ => new RandomFloor()),
    ];

    /// <summary>The description of the method that <c>NAME</c> or <c>NAME:key=value:…</c> names; null where there is none.</summary>
    public static MethodDescription? Find(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string name = text.Split(':', 2)[0];
        return All.FirstOrDefault(method => method.Name == name);
    }

    /// <summary>The method of that name with those settings.</summary>
    /// <exception cref="MethodRequestException">There is no such method or setting; the message names those that there are.</exception>
    public static IAttributionMethod Create(string text)
    {
        MethodDescription description = Find(text) ?? throw new MethodRequestException($"There is no method '{text}'; choose {string.Join(", ", All.Select(method => method.Name))}. `ddm attribute --list-methods` describes them.");
        var settings = new MethodSettings(text);
        IAttributionMethod method = description.Create(settings);
        settings.RequireAllTaken();
        return method;
    }

    /// <summary>Why the text names no method, or null where it does.</summary>
    public static string? Fault(string text)
    {
        try
        {
            Create(text);
            return null;
        }
        catch (MethodRequestException e)
        {
            return e.Message;
        }
    }

    /// <summary>Runs a method on a request, after its estimate has been held against the memory there is.</summary>
    /// <param name="text">The method as the user writes it.</param>
    /// <param name="context">The request.</param>
    /// <param name="onEstimate">Told the estimate before the work begins.</param>
    /// <exception cref="InsufficientMemoryException">The memory does not suffice.</exception>
    /// <exception cref="MethodRequestException">The method cannot do what is asked for.</exception>
    public static Objectives.AttributionMatrix Attribute(string text, MethodContext context, Action<MemoryEstimate>? onEstimate = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        IAttributionMethod method = Create(text);
        MemoryEstimate estimate = method.Estimate(context);
        onEstimate?.Invoke(estimate);
        long limit = context.MemoryLimit ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (estimate.Bytes > limit)
            throw new InsufficientMemoryException($"Method '{text}' needs {estimate}; there are {limit / (1024.0 * 1024.0):F1} MiB. Lower --wave, allow more with --memory, ask for fewer objectives or coarser parts, or choose a smaller network.");
        return method.Attribute(context);
    }
}
