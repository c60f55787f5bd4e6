using System.Globalization;

namespace DdmNative.Attribution.Objectives;

/// <summary>
/// A scalar function of a model: the mean of a <see cref="ObjectiveKind"/> over the whole evaluation split, one class of it, or a list of
/// its samples. Computed in float64 from the model's logits.
/// </summary>
/// <remarks>Written <c>loss</c>, <c>accuracy</c>, <c>loss:class=3</c>, <c>margin:sample=17</c>, <c>logit:sample=4,17,20</c>.</remarks>
public sealed class Objective
{
    private const string ClassScope = "class", SampleScope = "sample";

    /// <exception cref="ArgumentException">Both a class and samples are given, or an empty list.</exception>
    public Objective(ObjectiveKind kind, int? ofClass = null, IReadOnlyList<int>? ofSamples = null)
    {
        if (ofSamples is not null && (ofClass is not null || ofSamples.Count == 0))
            throw new ArgumentException("An objective is over the whole split, one class, or at least one sample.", nameof(ofSamples));
        (Kind, Class, Samples) = (kind, ofClass, ofSamples);
    }

    public ObjectiveKind Kind { get; }

    /// <summary>The class whose samples it is over, or null.</summary>
    public int? Class { get; }

    /// <summary>The evaluation samples it is over, or null.</summary>
    public IReadOnlyList<int>? Samples { get; }

    /// <summary>The factor that makes a change a measure of harm: 1 for a loss, where less is better; −1 for any other objective.</summary>
    public double HarmSign => Kind == ObjectiveKind.Loss ? 1 : -1;

    /// <summary>Whether it has a gradient; accuracy is constant almost everywhere.</summary>
    public bool HasGradient => Kind != ObjectiveKind.Accuracy;

    /// <summary>Its text, which <see cref="Parse"/> accepts.</summary>
    public string Name
    {
        get
        {
            string kind = NameOf(Kind);
            if (Class is int c)
                return string.Create(CultureInfo.InvariantCulture, $"{kind}:{ClassScope}={c}");
            return Samples is null ? kind
                : $"{kind}:{SampleScope}={string.Join(',', Samples.Select(n => n.ToString(CultureInfo.InvariantCulture)))}";
        }
    }

    /// <summary>The default objectives: the total loss, then the loss of every class that has evaluation samples.</summary>
    public static IReadOnlyList<Objective> Defaults(IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return [new Objective(ObjectiveKind.Loss), .. labels.Distinct().Order().Select(c => new Objective(ObjectiveKind.Loss, c))];
    }

    /// <summary>Parses an objective's text.</summary>
    /// <exception cref="FormatException">The kind or the scope is unknown, or a number is missing.</exception>
    public static Objective Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Trim().Split(':', 2);
        ObjectiveKind kind = Enum.GetValues<ObjectiveKind>().Where(k => NameOf(k) == parts[0]).Cast<ObjectiveKind?>().FirstOrDefault()
            ?? throw Unreadable(text, $"'{parts[0]}' is not one of {string.Join(", ", Enum.GetValues<ObjectiveKind>().Select(NameOf))}");
        if (parts.Length == 1)
            return new Objective(kind);
        string[] scope = parts[1].Split('=', 2);
        int[] numbers = scope.Length == 2
            ? [.. scope[1].Split(',').Select(part => Number(text, part))] : throw Unreadable(text, $"'{parts[1]}' has no '='");
        return scope[0] switch
        {
            ClassScope when numbers.Length == 1 => new Objective(kind, numbers[0]),
            ClassScope => throw Unreadable(text, "it names several classes; use a separate objective for each"),
            SampleScope => new Objective(kind, ofSamples: numbers),
            _ => throw Unreadable(text, $"'{scope[0]}' is neither '{ClassScope}' nor '{SampleScope}'"),
        };
    }

    /// <summary>The objective's value for a model with these logits [M, K] on samples with these labels [M].</summary>
    /// <exception cref="ArgumentException">The lengths disagree, the class has no samples, or a sample is out of range.</exception>
    public double Evaluate(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        if (labels.IsEmpty || logits.Length % labels.Length != 0)
            throw new ArgumentException($"{logits.Length} logits are not those of {labels.Length} samples.", nameof(logits));
        int classes = logits.Length / labels.Length;
        double sum = 0;
        int count = 0;
        foreach (int n in Samples ?? Enumerable.Range(0, labels.Length))
        {
            if (n < 0 || n >= labels.Length)
                throw new ArgumentException($"Objective {Name}: sample {n} is not one of 0 to {labels.Length - 1}.", nameof(labels));
            if (Class is int c && labels[n] != c)
                continue;
            sum += OfSample(logits.Slice(n * classes, classes), labels[n]);
            count++;
        }

        return count > 0 ? sum / count
            : throw new ArgumentException($"Objective {Name}: no evaluation sample has class {Class}.", nameof(labels));
    }

    /// <summary>
    /// The evaluation samples of the objective, given the labels of all [M]: its list unchanged, or those of its class, ascending.
    /// </summary>
    internal IReadOnlyList<int> SamplesOf(IReadOnlyList<int> labels)
        => Samples ?? [.. Enumerable.Range(0, labels.Count).Where(n => Class is null || Class == labels[n])];

    public override string ToString() => Name;

    /// <summary>The value for one sample with these logits [K] and this label.</summary>
    internal double OfSample(ReadOnlySpan<float> z, int y) => Kind switch
    {
        ObjectiveKind.Loss => LogSumExp(z) - z[y],
        ObjectiveKind.Accuracy => IndexOfMax(z) == y ? 1 : 0,
        ObjectiveKind.Margin => (double)z[y] - LargestOther(z, y),
        _ => z[y],
    };

    private static double LogSumExp(ReadOnlySpan<float> z)
    {
        double largest = z[IndexOfMax(z)];
        double sum = 0;
        foreach (float value in z)
            sum += Math.Exp(value - largest);
        return largest + Math.Log(sum);
    }

    private static int IndexOfMax(ReadOnlySpan<float> z)
    {
        int best = 0;
        for (int k = 1; k < z.Length; k++)
        {
            if (z[k] > z[best])
                best = k;
        }

        return best;
    }

    private static double LargestOther(ReadOnlySpan<float> z, int y)
    {
        double largest = double.NegativeInfinity;
        for (int k = 0; k < z.Length; k++)
        {
            if (k != y)
                largest = Math.Max(largest, z[k]);
        }

        return largest;
    }

    private static string NameOf(ObjectiveKind kind) => kind switch
    {
        ObjectiveKind.Loss => "loss",
        ObjectiveKind.Accuracy => "accuracy",
        ObjectiveKind.Margin => "margin",
        _ => "logit",
    };

    private static int Number(string text, string part)
        => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : throw Unreadable(text, $"'{part}' is not a whole number");

    private static FormatException Unreadable(string text, string why)
        => new($"Objective '{text}': {why}. Expected e.g. loss, accuracy, loss:class=3, margin:sample=17, logit:sample=4,17.");
}
