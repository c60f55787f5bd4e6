using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Methods;
using DdmNative.Attribution.Objectives;
using DdmNative.Runs.Stages;

namespace DdmNative.Runs.Summaries;

/// <summary>
/// What the attribution found, in sentences: what would happen without the user's own names and without the most helpful group, and what
/// harms.
/// </summary>
/// <param name="objective">The objective.</param>
/// <param name="value">Its value for the target; null in a run of an older version.</param>
/// <param name="classNames">The names of the classes, or null.</param>
/// <param name="granularity">What an effect belongs to.</param>
/// <param name="method">The method that leads.</param>
/// <param name="isCalibrated">Whether exact retrainings gave its effects their unit.</param>
internal sealed class Answer(Objective objective, double? value, IReadOnlyList<string>? classNames, string granularity,
    MethodSummary method, bool isCalibrated)
{
    private readonly string _objective = ObjectivePhrase.Of(objective, classNames);

    private string Title => MethodRegistry.Title(method.Name);

    /// <summary>Whether an effect says by how much the objective changes.</summary>
    private bool HasUnit => isCalibrated || (method.Agrees != false
        && (MethodRegistry.IsMean(method.Name) || MethodRegistry.HasModels(method.Name)));

    /// <summary>The sentences.</summary>
    /// <param name="order">All groups, the most helpful first.</param>
    /// <param name="own">The totals of the user's own names, the most harmful first.</param>
    public IEnumerable<string> Sentences(IReadOnlyList<GroupEffect> order, IReadOnlyList<OwnGroupEffect> own)
    {
        if (method.Agrees == false && !isCalibrated)
            yield return $"Do not rely on these effects: {Title} does not agree with a retraining of the last block, and no exact "
                + "retraining has checked it. Run ddm validate, or choose another method.";
        if (own.Count > 0)
            yield return Own(own);
        bool Helps(GroupEffect group) => objective.HarmSign * group.Effect < 0;
        GroupEffect? helpful = order.FirstOrDefault(group => Helps(group) && !group.WithinNoise),
            harmful = order.LastOrDefault(group => objective.HarmSign * group.Effect > 0 && !group.WithinNoise);
        if (helpful is not null)
            yield return Without(Subject(helpful), helpful.Effect, helpful.Noise, helpful.Exact, helps: true);
        else if (order.Count > 0)
            yield return $"No {granularity} helps {_objective} measurably.";
        if (harmful is not null)
            yield return Without(Subject(harmful), harmful.Effect, harmful.Noise, harmful.Exact, helps: false);
        else if (order.Count > 0)
            yield return $"No {granularity} harms {_objective} measurably.";
    }

    private string Own(IReadOnlyList<OwnGroupEffect> own)
    {
        OwnGroupEffect? harmful = own.FirstOrDefault(of => objective.HarmSign * of.Effect > 0 && !of.WithinNoise);
        if (harmful is null && own[^1].WithinNoise)
            return $"None of your {own.Count} own groups changes {_objective} measurably.";
        OwnGroupEffect told = harmful ?? own[^1];
        string none = harmful is null ? $"None of your {own.Count} own groups harms {_objective} measurably. " : "";
        string how = told.By == OwnTotals.Sum ? " (the sum of its effects in each class)" : "";
        return none + Without($"the {told.Size} images of {told.Name}{how}", told.Effect, told.Noise, null, harmful is null);
    }

    /// <summary>What happens without something.</summary>
    private string Without(string subject, double effect, double? noise, double? exact, bool helps)
    {
        if (!HasUnit || value is not double with)
        {
            string verb = (helps ? "help" : "harm") + (granularity == Granularity.Sample ? "s" : "");
            return $"{Capital(subject)} {verb} {_objective} most, by {Title}. How much is not known: its effects are not in the unit of "
                + "the objective. To measure the unit: ddm validate --count 10.";
        }

        string error = noise is double known ? $" ± {Digits(known, with, known)}" : "", change = effect < 0 ? "rise" : "fall";
        string retrained = exact is double measured ? $"; retraining says {Digits(with - measured, with, effect)}" : "";
        string percent = objective.Kind == ObjectiveKind.Loss && with > 0
            ? $" ({FigureText.WithSign(-100 * effect / with, 2)} %)" : "";
        return $"Without {subject} {_objective} would {change} from {Digits(with, with, effect)} to about "
            + $"{Digits(with - effect, with, effect)}{error}{percent}{retrained}.";
    }

    private string Subject(GroupEffect group)
    {
        string images = group.Size == 1 ? "image" : "images";
        string of = group.Class == GroupTable.SeveralClasses ? $"{group.Size} {images}"
            : group.ClassName is string name ? $"{group.Size} {name} {images}" : $"{group.Size} {images} of class {group.Class}";
        return granularity switch
        {
            Granularity.Class => $"the {of}",
            Granularity.Sample => group.ClassName is string ofClass ? $"image {group.Group} ({ofClass})"
                : $"image {group.Group} (class {group.Class})",
            _ when group.Name is string own => $"the {of} of {own} (group {group.Group})",
            _ => $"these {of} (group {group.Group})",
        };
    }

    /// <summary>A value with as many decimals as show both the value and a change.</summary>
    private static string Digits(double number, double value, double change)
    {
        double least = Math.Min(Math.Abs(value), Math.Abs(change));
        int decimals = least > 0 ? Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Max(least, 1e-12))) - 1, 3, 8) : 3;
        return FigureText.Of(number, $"0.{new string('0', decimals)}");
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
