using DdmNative.Attribution.Evaluation;

namespace DdmNative.Runs.Experiments;

/// <summary>What an experiment found.</summary>
/// <param name="Table">Every figure.</param>
/// <param name="Chart">The figure, as SVG.</param>
/// <param name="Caption">What table and figure show, in a sentence or two, Markdown.</param>
public sealed record ExperimentResult(FigureTable Table, string Chart, string Caption);
