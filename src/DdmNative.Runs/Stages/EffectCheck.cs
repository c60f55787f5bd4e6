using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Metrics;
using DdmNative.Attribution.Objectives;

namespace DdmNative.Runs.Stages;

/// <summary>A method's effects beside those of the last block, on the few groups that <see cref="ReferenceStage"/> has left out.</summary>
/// <param name="Agreement">The correlation over all pairs of these groups and the classes; NaN where effects do not vary.</param>
/// <param name="Scale">
/// What the method's effects are multiplied by to have the size of exact retraining's, by the groups' effects on their own classes, which
/// are the least noisy; 1 where they do not agree enough to say.
/// </param>
/// <param name="Found">The same factor, whether or not it is applied.</param>
/// <param name="Total">
/// The correlation over these groups of the effects on the total test loss; NaN where there are too few groups to say, or nobody asks.
/// </param>
internal sealed record EffectCheck(double Agreement, double Scale, double Found, double Total = double.NaN)
{
    /// <summary>
    /// Below this correlation the factor is not applied, and the user is told; good settings have .8 and more, the replay of too long a
    /// training had .1 to .6.
    /// </summary>
    public const double LeastAgreement = 0.6;

    /// <summary>
    /// With fewer groups the correlation of the totals says nothing. A group's effect on the total is the sum of a large effect on its own
    /// class and small ones on the others, which a method can have right and wrong separately.
    /// </summary>
    public const int LeastGroups = 6;

    /// <summary>Every setting that decides a check.</summary>
    public static object Settings => new { LeastAgreement, ReferenceStage.ExactOverLastBlock, Scale = "own class", LeastGroups };

    private const string AgreementFigure = "agreement", ScaleFigure = "scale", FoundFigure = "found_scale", TotalFigure = "total_agreement";

    /// <summary>Whether the effects are reliable.</summary>
    public bool Agrees => Agreement >= LeastAgreement && Found > 0;

    /// <summary>Whether the effects on the total test loss are reliable, as far as that was checked.</summary>
    public bool TotalAgrees => !(Total < LeastAgreement);

    /// <summary>Checks the effects of a method.</summary>
    /// <param name="effects">[K, R]: the method's, on the classes' losses.</param>
    /// <param name="reference">[K, R]: the reference's, in exact retraining's unit.</param>
    /// <param name="classOf">[R]: the groups' own classes.</param>
    /// <param name="testImages">
    /// [K]: the classes' test images, by which the total test loss weighs them; null where nobody asks for the total.
    /// </param>
    public static EffectCheck Compute(AttributionMatrix effects, AttributionMatrix reference, int[] classOf, int[]? testImages)
    {
        double agreement = Correlation.Pearson(effects.Flatten(), reference.Flatten());
        double found = Correlation.SlopeThroughOrigin(OwnClass(effects, classOf), OwnClass(reference, classOf));
        double total = testImages is not null && classOf.Length >= LeastGroups
            ? Correlation.Pearson(TotalLoss(effects, testImages), TotalLoss(reference, testImages))
            : double.NaN;
        return new EffectCheck(agreement, agreement >= LeastAgreement && found > 0 ? found : 1, found, total);
    }

    /// <summary>What the finished attribution has kept of it; null for a method that was not checked.</summary>
    public static EffectCheck? Read(IReadOnlyDictionary<string, double> figures, string method)
    {
        return figures.TryGetValue(ValidateStage.FigureOf(ScaleFigure, method), out double scale)
            ? new EffectCheck(Figure(AgreementFigure), scale, Figure(FoundFigure), Figure(TotalFigure))
            : null;

        double Figure(string name) => figures.GetValueOrDefault(ValidateStage.FigureOf(name, method), double.NaN);
    }

    /// <summary>Adds it to a stage's figures.</summary>
    public void AddTo(Dictionary<string, double> figures, string method)
    {
        foreach ((string name, double value) in (ReadOnlySpan<(string, double)>)
            [(AgreementFigure, Agreement), (ScaleFigure, Scale), (FoundFigure, Found), (TotalFigure, Total)])
        {
            // JSON has no word for what is not a number but absence.
            if (double.IsFinite(value))
                figures.Add(ValidateStage.FigureOf(name, method), value);
        }
    }

    /// <summary>[K + 1, R]: the classes' losses, and the total test loss, which weighs them by their test images.</summary>
    public static AttributionMatrix WithTotal(AttributionMatrix matrix, int[] testImages)
        => AttributionMatrix.FromFlat([.. matrix.Objectives, new Objective(ObjectiveKind.Loss).Name],
            [.. matrix.Flatten(), .. TotalLoss(matrix, testImages)], matrix.Groups);

    /// <summary>
    /// Each group's effect on the loss of its own class, zero where that has no test images; of a group that spans several classes, all of
    /// its effects.
    /// </summary>
    private static double[] OwnClass(AttributionMatrix matrix, int[] classOf)
        => [.. classOf.SelectMany((c, i) => c == GroupTable.SeveralClasses
            ? Enumerable.Range(0, matrix.Objectives.Count).Select(row => matrix[row, i])
            : [OfClass(matrix, c, i)])];

    private static double OfClass(AttributionMatrix matrix, int c, int group)
        => matrix.IndexOf(new Objective(ObjectiveKind.Loss, c).Name) is >= 0 and int row ? matrix[row, group] : 0;

    /// <summary>Each group's effect on the mean loss over all test images: the classes' effects, weighed by their images.</summary>
    private static double[] TotalLoss(AttributionMatrix matrix, int[] testImages)
        => [.. Enumerable.Range(0, matrix.Groups)
            .Select(g => testImages.Select((images, c) => images * matrix[c, g]).Sum() / testImages.Sum())];
}
