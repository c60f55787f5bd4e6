using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Experiments;

/// <summary>The result of an experiment.</summary>
/// <param name="Table">All figures.</param>
/// <param name="Chart">The figure, as SVG.</param>
/// <param name="Caption">One or two sentences that explain table and figure, in Markdown.</param>
public sealed record ExperimentResult(FigureTable Table, string Chart, string Caption);
